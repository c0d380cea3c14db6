import { describe, expect, test } from 'vitest';
import { ietf } from '../../src/profiles/index.ts';
import { type VerifyOptions, verify } from '../../src/verify/index.ts';
import { type Answers, bodyOf, byKey, json, keyOf, listening, look, only, served } from './support/strange-server.ts';

const profile = ietf({ keyLifetime: '24h', accepted: 'monitor' });

/** Of the requests with a reference: how often one was run. */
class Books {
  readonly #counts = new Map<string, number>();

  run(body: string): { readonly id: string } {
    const { reference } = JSON.parse(body) as { readonly reference: string };
    this.#counts.set(reference, (this.#counts.get(reference) ?? 0) + 1);
    return { id: crypto.randomUUID() };
  }

  readonly count = async (n: string): Promise<number> => this.#counts.get(n) ?? 0;
}

interface Row {
  readonly id: string;
  readonly what: string;
  readonly verdict: 'fail' | 'warn' | 'inconclusive';
  readonly says: string;
  readonly answers: () => { readonly answers: Answers } & Partial<VerifyOptions>;
}

/** Failures that no server of test/broken-servers has. */
const ROWS: readonly Row[] = [
  {
    id: 'C04',
    what: 'an invalid request is refused in several ways',
    verdict: 'fail',
    says: 'one invalid request has several answers: 1 x 400, 4 x 409',
    answers() {
      const seen = new Set<string>();
      const valid = byKey();
      return {
        invalidRequest: (n) => ({ path: '/charges', json: { reference: n, amount: -1 } }),
        answers(asked, response) {
          if (!asked.body.includes('"amount":-1')) return valid(asked, response);
          const status = seen.has(asked.key) ? 409 : 400;
          seen.add(asked.key);
          return json(response, status, {});
        },
      };
    },
  },
  {
    id: 'C04',
    what: 'the invalid request is accepted',
    verdict: 'inconclusive',
    says: 'answered with 201, which is no 4xx',
    answers: () => ({
      invalidRequest: (n) => ({ path: '/charges', json: { reference: n, amount: -1 } }),
      answers: byKey(),
    }),
  },
  {
    id: 'C07',
    what: 'an early repeat gets JSON that is none',
    verdict: 'fail',
    says: 'says that it is JSON, and is not',
    answers() {
      const open = new Set<string>();
      return {
        answers({ key }, response) {
          if (open.has(key)) return void response.writeHead(409, { 'content-type': 'application/json' }).end('{');
          open.add(key);
          setTimeout(() => json(response, 201, { id: key }), 200);
          return undefined;
        },
      };
    },
  },
  {
    id: 'C10',
    what: 'a key belongs to the bytes of its body',
    verdict: 'fail',
    says: '2 effects instead of 1',
    answers() {
      const books = new Books();
      const stored = new Map<string, unknown>();
      return {
        countEffects: books.count,
        answers({ key, body }, response) {
          const name = `${key} ${body}`;
          if (!stored.has(name)) stored.set(name, books.run(body));
          json(response, 201, stored.get(name));
        },
      };
    },
  },
  {
    id: 'C16',
    what: 'keys are forgotten within their time',
    verdict: 'fail',
    says: '2 effects instead of 1',
    answers() {
      const books = new Books();
      const stored = new Map<string, unknown>();
      return {
        countEffects: books.count,
        hooks: { advance: async () => stored.clear() },
        answers({ key, body }, response) {
          if (!stored.has(key)) stored.set(key, books.run(body));
          json(response, 201, stored.get(key));
        },
      };
    },
  },
  {
    id: 'C16',
    what: 'a key that is over is an error',
    verdict: 'fail',
    says: 'after the end of the key a repeat gets 500',
    answers() {
      const answer = byKey();
      const seen = new Set<string>();
      const over = new Set<string>();
      let moved = 0;
      return {
        hooks: {
          async advance() {
            moved += 1;
            if (moved === 2) for (const key of seen) over.add(key);
          },
        },
        answers(asked, response) {
          seen.add(asked.key);
          if (over.has(asked.key)) json(response, 500, {});
          else answer(asked, response);
        },
      };
    },
  },
  {
    id: 'C23',
    what: 'a repeat is accepted as another operation',
    verdict: 'fail',
    says: 'names another operation',
    answers() {
      let operations = 0;
      return {
        profile,
        answers({ request }, response) {
          if (request.method === 'GET') return json(response, 200, { status: 'Succeeded' });
          operations += 1;
          return json(response, 202, {}, { 'operation-location': `/operations/${operations}` });
        },
      };
    },
  },
  {
    id: 'C23',
    what: 'the monitor is not there',
    verdict: 'fail',
    says: 'the monitor answers with 404',
    answers: () => ({
      profile,
      answers({ request }, response) {
        if (request.method === 'GET') json(response, 404, {});
        else json(response, 202, {}, { 'operation-location': '/operations/1' });
      },
    }),
  },
  {
    id: 'C23',
    what: 'the monitor never ends',
    verdict: 'fail',
    says: 'the monitor comes to no end',
    answers: () => ({
      profile,
      answers({ request }, response) {
        if (request.method === 'GET') json(response, 200, { status: 'Running' });
        else json(response, 202, {}, { 'operation-location': '/operations/1' });
      },
    }),
  },
  {
    id: 'C24',
    what: 'a cache asks for the body alone',
    verdict: 'fail',
    says: 'under a new key gets the result of the first key',
    answers() {
      const books = new Books();
      const stored = new Map<string, unknown>();
      return {
        countEffects: books.count,
        answers({ body }, response) {
          if (!stored.has(body)) stored.set(body, books.run(body));
          json(response, 201, stored.get(body));
        },
      };
    },
  },
  {
    id: 'C24',
    what: 'a cache says so',
    verdict: 'warn',
    says: 'comes out of a cache',
    answers: () => ({ answers: (_asked, response) => json(response, 201, { id: crypto.randomUUID() }, { age: '3' }) }),
  },
];

describe('what a case can fail with', () => {
  test.each(ROWS)('$id: $what', async ({ id, verdict, says, answers }) => {
    const { answers: own, ...options } = answers();
    const report = await look(await served(own), [id], options);
    expect(only(report, id)).toMatchObject({ verdict, evidence: expect.stringContaining(says) });
  });

  test('C21: the key is looked up when the head comes in, and written down when the body has', async () => {
    const books = new Books();
    const stored = new Map<string, unknown>();
    const url = await listening((request, response) => {
      const key = keyOf(request);
      const known = stored.get(key);
      void bodyOf(request).then((body) => {
        const result = known ?? books.run(body);
        stored.set(key, result);
        json(response, 201, result);
      });
    });
    const report = await look(url, ['C02', 'C21'], { countEffects: books.count });
    expect(report.cases).toMatchObject([
      { id: 'C02', verdict: 'pass' },
      { id: 'C21', verdict: 'fail', evidence: 'in 1 of 1 trials: 2 effects instead of 1' },
    ]);
  });

  test('C25: says how many keys, which seed, and what of the first', async () => {
    const books = new Books();
    const url = await served(({ body }, response) => json(response, 201, books.run(body)));
    const report = await verify({
      url,
      request: (n) => ({ path: '/charges', json: { reference: n } }),
      countEffects: books.count,
      only: ['C25'],
      soak: 4,
      seed: 11,
    });
    expect(only(report, 'C25')?.evidence).toMatch(/^[1-4] of 4 keys \(seed 11\): \d effects instead of 1/);
  });
});
