import { describe, expect, test } from 'vitest';
import { ietf } from '../../src/profiles/index.ts';
import { LIMITS } from './support/mock-server.ts';
import { byKey, json, keyOf, listening, look, only, served } from './support/strange-server.ts';

test('nobody listens: inconclusive, and nothing else is asked', async () => {
  const report = await look('http://127.0.0.1:9', ['C02', 'C06']);
  expect(report.ok).toBe(false);
  expect(report.cases).toMatchObject([
    { id: 'C01', verdict: 'inconclusive', evidence: expect.stringContaining('ECONNREFUSED') },
    { id: 'C02', verdict: 'inconclusive', evidence: 'C01 did not succeed' },
    { id: 'C06', verdict: 'inconclusive', evidence: 'C01 did not succeed' },
  ]);
});

test('a refused credential is no fault of the server', async () => {
  const report = await look(await served((_asked, response) => json(response, 401, {})), ['C01']);
  expect(only(report, 'C01')).toMatchObject({
    verdict: 'inconclusive',
    evidence: expect.stringMatching(/with 401.*credentials/),
  });
});

describe('a probe', () => {
  test('that is late is asked again', async () => {
    const seen = new Map<string, number>();
    const countEffects = async (n: string) => {
      seen.set(n, (seen.get(n) ?? 0) + 1);
      return (seen.get(n) ?? 0) > 2 ? 1 : 0;
    };
    const report = await look(await served(byKey()), ['C02'], { countEffects });
    expect(report.cases).toMatchObject([{ id: 'C02', verdict: 'pass' }]);
    // Three times, and once more when all is over.
    expect(Math.max(...seen.values())).toBe(4);
  });

  test.each<[what: string, countEffects: () => Promise<number>, says: string]>([
    ['that sees nothing', async () => 0, 'the probe counts 0 effects instead of 1'],
    ['that fails', () => Promise.reject(new Error('no database')), 'it could not be carried out: no database'],
    ['that counts in other units', async () => 0.5, 'which is no number of effects'],
  ])('%s makes it inconclusive', async (_what, countEffects, says) => {
    const report = await look(await served(byKey()), ['C02'], { countEffects });
    expect(only(report, 'C02')).toMatchObject({ verdict: 'inconclusive', evidence: expect.stringContaining(says) });
  });

  test('that sees two makes it a failure, and C01 is told although nobody asked for it', async () => {
    const report = await look(await served(byKey()), ['C02'], { countEffects: async () => 2 });
    expect(report.cases).toMatchObject([
      { id: 'C01', verdict: 'fail', evidence: expect.stringContaining('2 effects instead of 1') },
      { id: 'C02', verdict: 'fail' },
    ]);
  });
});

test('an effect that comes late is counted at the end', async () => {
  const counts = new Map<string, number>();
  const answer = byKey();
  const url = await served((asked, response) => {
    const { reference } = JSON.parse(asked.body) as { reference: string };
    counts.set(reference, (counts.get(reference) ?? 0) + 1);
    answer(asked, response);
  });
  let told = 0;
  const report = await look(url, ['C02'], {
    // Its copy lags behind until the case is over.
    countEffects: async (n) => (told === 0 ? 1 : (counts.get(n) ?? 0)),
    onResult: ({ id }) => {
      if (id === 'C02') told += 1;
    },
  });
  expect(told).toBe(1);
  expect(report.cases).toMatchObject([
    { id: 'C02', verdict: 'fail', evidence: 'counted again at the end: 4 effects instead of 1' },
  ]);
});

describe('without a probe', () => {
  test('two results are two executions, at least', async () => {
    const url = await served((_asked, response) => json(response, 201, { id: crypto.randomUUID() }));
    const report = await look(url, ['C02', 'C06']);
    expect(only(report, 'C02')).toMatchObject({ verdict: 'fail', weak: true });
    expect(only(report, 'C06')?.evidence).toMatch(
      /^in 1 of 1 trials: at least 50 effects instead of 1|at least \d+ effects/,
    );
  });

  test('answers that are all alike tell nothing, and that is said', async () => {
    const report = await look(await served(byKey(() => ({ ok: true }))), ['C01', 'C14', 'C24']);
    expect(only(report, 'C01')).toMatchObject({
      verdict: 'warn',
      evidence: expect.stringContaining('two executions look like one'),
    });
    expect(only(report, 'C14')?.verdict).toBe('pass');
    expect(only(report, 'C24')?.verdict).toBe('pass');
  });
});

describe('a key that is bound to nothing', () => {
  test.each<[id: string, verdict: string, says: string]>([
    ['C08', 'fail', 'another body gets the first result'],
    ['C09', 'fail', 'another path gets the result of the first request'],
    ['C11', 'warn', 'is run, where the profile says that it is refused'],
    ['C12', 'fail', 'an empty key is a key'],
  ])('%s: %s', async (id, verdict, says) => {
    const report = await look(await served(byKey()), [id]);
    expect(only(report, id)).toMatchObject({ verdict, evidence: expect.stringContaining(says) });
  });

  test('and is honoured in every other form of the same JSON (C10)', async () => {
    const report = await look(await served(byKey()), ['C10']);
    expect(only(report, 'C10')).toMatchObject({ verdict: 'pass', evidence: 'it is taken as the same request' });
  });

  test('gives a second tenant what is not his (C15)', async () => {
    const report = await look(await served(byKey()), ['C15'], { secondHeaders: { authorization: 'Bearer two' } });
    expect(only(report, 'C15')).toMatchObject({
      verdict: 'fail',
      evidence: expect.stringContaining("gets the other's result"),
    });
  });
});

test('keys whose case is ignored are one key, and its result is handed out (C14)', async () => {
  const answer = byKey();
  const url = await served((asked, response) => answer({ ...asked, key: asked.key.toLowerCase() }, response));
  const report = await look(url, ['C14']);
  expect(only(report, 'C14')).toMatchObject({
    verdict: 'fail',
    evidence: expect.stringContaining('gets the result of the one in lower case'),
  });
});

test('a key that stays stuck after half a request comes to no end (C18)', async () => {
  const locked = new Set<string>();
  const url = await listening((request, response) => {
    const key = keyOf(request);
    if (locked.has(key)) return json(response, 409, {});
    locked.add(key);
    request.resume();
    // What it should listen for is 'close'.
    request.on('end', () => {
      locked.delete(key);
      json(response, 201, { id: key });
    });
  });
  const report = await look(url, ['C18']);
  expect(only(report, 'C18')).toMatchObject({
    verdict: 'fail',
    evidence: expect.stringContaining('comes to no end: after all repeats 409'),
  });
});

test('a 5xx at the wrong place is a failure (C12, C13)', async () => {
  const answer = byKey();
  const url = await served((asked, response) =>
    asked.key.length > 255 || !/^[\w-]+$/.test(asked.key) ? json(response, 500, {}) : answer(asked, response),
  );
  const report = await look(url, ['C12', 'C13']);
  expect(only(report, 'C12')).toMatchObject({
    verdict: 'fail',
    evidence: expect.stringContaining('is answered with 500'),
  });
  expect(only(report, 'C13')).toMatchObject({
    verdict: 'fail',
    evidence: expect.stringContaining('256 characters is answered with 500'),
  });
});

test('a redirect is followed with the key, on its own origin only', async () => {
  const keys: string[] = [];
  const answer = byKey();
  const url = await served((asked, response) => {
    if (asked.request.url === '/charges') return response.writeHead(308, { location: '/v2/charges' }).end();
    keys.push(asked.key);
    return answer(asked, response);
  });
  const report = await look(url, ['C02', 'C24']);
  expect(report.cases.map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
  expect(only(report, 'C24')?.evidence).toMatch(/\d+ redirects were followed with the key/);
  expect(keys.every((key) => key.length === 36)).toBe(true);

  let strangers = 0;
  const other = await served((_asked, response) => {
    strangers += 1;
    json(response, 201, {});
  });
  const away = await look(await served((_asked, response) => response.writeHead(307, { location: other }).end()), [
    'C01',
  ]);
  expect(only(away, 'C01')?.verdict).toBe('inconclusive');
  expect(strangers).toBe(0);
});

test('an API that accepts and goes on: its 202 is what the key stands for (C23)', async () => {
  const ids = new Map<string, number>();
  const polls = new Map<string, number>();
  const url = await served(({ key, request }, response) => {
    const path = request.url ?? '';
    if (request.method === 'GET') {
      polls.set(path, (polls.get(path) ?? 0) + 1);
      return json(response, 200, { status: (polls.get(path) ?? 0) > 1 ? 'Succeeded' : 'Running' });
    }
    if (!ids.has(key)) ids.set(key, ids.size + 1);
    return json(response, 202, { id: ids.get(key) }, { 'operation-location': `/operations/${ids.get(key)}` });
  });
  const profile = ietf({ keyLifetime: '24h', accepted: 'monitor' });
  const report = await look(url, ['C02', 'C06', 'C23'], { profile, countEffects: async () => 1 });
  expect(report.cases.map(({ id, verdict }) => [id, verdict])).toEqual([
    ['C02', 'pass'],
    ['C06', 'pass'],
    ['C23', 'pass'],
  ]);
  expect(only(report, 'C23')?.evidence).toContain('the monitor ends with 200');
});

test('an early repeat that is hard to read is a warning (C07)', async () => {
  const open = new Set<string>();
  const url = await served(({ key }, response) => {
    if (open.has(key)) return json(response, 409, {}, { 'retry-after': 'soon' });
    open.add(key);
    // Until everybody has come.
    setTimeout(() => json(response, 201, { id: key }), 200);
    return undefined;
  });
  const report = await look(url, ['C07'], { limits: { ...LIMITS, patience: 2_000 } });
  expect(only(report, 'C07')).toMatchObject({
    verdict: 'warn',
    evidence: expect.stringContaining('Retry-After is neither seconds nor an HTTP date'),
  });
});

test('a hook that throws makes its case inconclusive', async () => {
  const hooks = { restart: () => Promise.reject(new Error('systemctl: not found')) };
  const report = await look(await served(byKey()), ['C22'], { hooks });
  expect(report.cases).toMatchObject([
    { id: 'C22', verdict: 'inconclusive', evidence: expect.stringContaining('systemctl: not found') },
  ]);
});

test('requests without a body are looked at, too; only half of one cannot be sent', async () => {
  const report = await look(await served(byKey()), ['C02', 'C06', 'C08', 'C10', 'C17', 'C18', 'C21'], {
    request: (n) => ({ path: `/charges/${n}`, method: 'PUT' }),
  });
  expect(report.cases.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([
    'C02 pass',
    'C06 pass',
    'C08 skip',
    'C10 skip',
    'C17 pass',
    'C18 skip',
    'C21 pass',
  ]);
});

test('so many requests a second', async () => {
  const started = performance.now();
  const at: number[] = [];
  const answer = byKey();
  const url = await served((asked, response) => {
    at.push(performance.now() - started);
    answer(asked, response);
  });
  await look(url, ['C02'], { rate: 50 });
  expect(at).toHaveLength(6);
  // Each waits for the answer before it, so from the second one on they are at least 20 ms apart, however slow the machine is.
  expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeGreaterThan(70);
});

test('no report holds a credential, a body or a key', async () => {
  const keys = new Set<string>();
  const canary = 'canary-4711';
  const answer = byKey(() => ({ id: crypto.randomUUID(), secret: canary }));
  const url = await served((asked, response) => {
    keys.add(asked.key);
    answer(asked, response);
  });
  const report = await look(url, ['C01', 'C02', 'C08', 'C12', 'C13', 'C14', 'C15', 'C24'], {
    headers: { authorization: `Bearer ${canary}` },
    secondHeaders: { authorization: `Bearer ${canary}-2` },
  });
  const told = [JSON.stringify(report), report.toText(), report.toJUnit(), report.toTAP(), report.toHTML()].join('\n');
  expect(told).not.toContain(canary);
  expect(keys.size).toBeGreaterThan(10);
  for (const key of [...keys].filter(({ length }) => length > 8)) expect(told).not.toContain(key);
});
