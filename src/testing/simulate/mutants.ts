import type { Journal } from '../../core/journal.ts';
import type { JournalRecord, OperationRecord } from '../../core/record.ts';
import { ietf } from '../../profiles/ietf.ts';
import type { Mutant } from './mutant.ts';
import type { Ports, World } from './world.ts';

/** A journal that differs from the right one in some methods. */
function journalWith(change: (journal: Journal, world: World) => Partial<Journal>): NonNullable<Mutant['ports']> {
  return (ports, world) => ({ ...ports, journal: { ...ports.journal, ...change(ports.journal, world) } });
}

function fetchWith(
  change: (fetch: typeof globalThis.fetch, ports: Ports) => typeof globalThis.fetch,
): NonNullable<Mutant['ports']> {
  return (ports) => ({ ...ports, fetch: change(ports.fetch, ports) });
}

function withoutMark(record: OperationRecord): OperationRecord {
  const { dispatchedAt: _, ...state } = record.state;
  return { ...record, state };
}

/** Writes without waiting for the device. */
const unflushed = (world: World, record: JournalRecord): void => world.image.write(record.identity, record);

/** Every rule of this layer taken away once, each with the oracle that has to notice. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'claims-unflushed',
    what: 'a claim is told as stored when it is written, not when it is on the device',
    oracle: 'I3',
    ports: journalWith((journal, world) => ({
      claim: async (offered) => {
        const existing = world.image.seen.get(offered.identity);
        if (existing !== undefined) return journal.claim(offered);
        unflushed(world, offered);
        return { created: true, record: offered };
      },
    })),
  },
  {
    name: 'claims-anew',
    what: 'a name that is under way is claimed once more, with another key',
    oracle: 'I1',
    ports: journalWith((journal, { image }) => ({
      claim: (offered) => {
        const existing = image.seen.get(offered.identity);
        if (existing?.state?.dispatchedAt !== undefined && existing.state.finishedAt === undefined)
          image.write(offered.identity, undefined);
        return journal.claim(offered);
      },
    })),
  },
  {
    name: 'careless-server',
    what: 'the server stores its effect and its answer apart',
    oracle: 'I1',
    model: (model) => ({ ...model, atomic: false }),
  },
  {
    name: 'reads-unflushed',
    what: 'what a killed process has written is read back, and not made durable',
    oracle: 'I11',
    ports: journalWith((journal, { image }) => ({
      get: async (identity) => image.seen.get(identity),
      claim: async (offered) => {
        const record = image.seen.get(offered.identity);
        return record === undefined ? journal.claim(offered) : { created: false, record };
      },
    })),
  },
  {
    name: 'stays-in-memory',
    what: 'where the disk fails, the claim is kept in memory, and nobody is told',
    oracle: 'I3',
    ports: journalWith((journal) => ({
      claim: (offered) => journal.claim(offered).catch(() => ({ created: true, record: offered })),
    })),
  },
  {
    name: 'another-key',
    what: 'every attempt has a key of its own',
    oracle: 'I3',
    ports: fetchWith((fetch, { random }) => async (input, init) => {
      const request = new Request(input, init);
      if (request.headers.has('idempotency-key')) request.headers.set('idempotency-key', String(random.fraction()));
      return fetch(request);
    }),
  },
  {
    name: 'other-bytes',
    what: 'the request tells which attempt it is',
    oracle: 'I4',
    ports: fetchWith((fetch, { random }) => async (input, init) => {
      const request = new Request(input, init);
      request.headers.set('x-attempt', String(random.fraction()));
      return fetch(request);
    }),
  },
  {
    name: 'rewritten-answers',
    what: 'a body is parsed and written again on its way to the client',
    oracle: 'I2',
    ports: fetchWith((fetch) => async (input, init) => {
      const response = await fetch(input, init);
      if (response.status !== 201) return response;
      const { status, headers } = response;
      return new Response(JSON.stringify(await response.json(), undefined, 1), { status, headers });
    }),
  },
  {
    name: 'believes-portals',
    what: 'a page of a captive portal passes for the answer',
    oracle: 'I2',
    ports: fetchWith((fetch) => async (input, init) => {
      const response = await fetch(input, init);
      if (response.headers.get('content-type') !== 'text/html') return response;
      return new Response('{"from":"a portal"}', { status: 201, headers: { 'content-type': 'application/json' } });
    }),
  },
  {
    name: 'forgets-the-unfinished',
    what: 'a start does not read what is unfinished',
    oracle: 'I5',
    ports: journalWith((journal) => ({
      list: async (prefix, options) => {
        const { records } = await journal.list(prefix, options);
        return { records: records.filter(({ state }) => state?.finishedAt !== undefined), unreadable: [] };
      },
    })),
  },
  {
    name: 'acknowledges-at-the-finish',
    what: 'an outcome counts as told when it is stored, whoever is there to hear it',
    oracle: 'I5',
    ports: journalWith((journal) => ({
      update: (identity, change, options) => {
        const { state } = change;
        const ended = state.finishedAt !== undefined && state.acknowledgedAt === undefined;
        return journal.update(
          identity,
          ended ? { ...change, state: { ...state, acknowledgedAt: state.finishedAt ?? 0 } } : change,
          options,
        );
      },
    })),
  },
  {
    name: 'ageless-keys',
    what: 'the clocks of the client stand still: no key ever grows old',
    oracle: 'I6',
    ports: (ports) => {
      const began = 1_767_225_600_000;
      return { ...ports, clock: { ...ports.clock, now: () => began } };
    },
  },
  {
    name: 'believes-its-clock',
    what: 'a clock that went back is taken at its word',
    oracle: 'I6',
    ports: journalWith((journal) => ({
      get: async (identity) => unseen(await journal.get(identity)),
      claim: async (offered) => {
        const { created, record } = await journal.claim(offered);
        return { created, record: unseen(record) };
      },
      update: async (identity, change, options) => {
        const { won, record } = await journal.update(identity, change, options);
        return { won, record: unseen(record) };
      },
      list: async (prefix, options) => {
        const { records, unreadable } = await journal.list(prefix, options);
        return { records: records.map(unseen), unreadable };
      },
    })),
  },
  {
    name: 'refused-means-unsent',
    what: 'a 503 is a rejection',
    oracle: 'I7',
    ports: fetchWith((fetch) => async (input, init) => {
      const response = await fetch(input, init);
      return response.status === 503 || response.status === 502 ? Response.json({}, { status: 402 }) : response;
    }),
  },
  {
    name: 'unmarked-dispatch',
    what: 'what was sent reads as never sent after a restart',
    oracle: 'I7',
    ports: journalWith((journal) => ({
      get: async (identity) => unmarked(await journal.get(identity)),
      list: async (prefix, options) => {
        const { records, unreadable } = await journal.list(prefix, options);
        return { records: records.map((record) => unmarked(record)), unreadable };
      },
      claim: async (offered) => {
        const { created, record } = await journal.claim(offered);
        return { created, record: created ? record : unmarked(record) };
      },
    })),
  },
  {
    name: 'no-locks',
    what: 'a lock is granted to whoever asks for it: every other driver looks dead',
    oracle: 'I8',
    ports: (ports) => ({ ...ports, locks: { hold: (_name, _signal, work) => work() } }),
  },
  {
    name: 'blind-updates',
    what: 'a write does not look at the revision it was made for',
    oracle: 'I8',
    ports: journalWith((journal, { image }) => ({
      update: async (identity, change, options) =>
        journal.update(
          identity,
          { ...change, revision: image.seen.get(identity)?.revision ?? change.revision },
          options,
        ),
    })),
  },
  {
    name: 'one-key-for-all',
    what: 'all keys are the same',
    oracle: 'I9',
    // A key is made of 16 bytes.
    ports: (ports) => ({
      ...ports,
      random: {
        ...ports.random,
        bytes: (count) => (count === 16 ? new Uint8Array(count).fill(7) : ports.random.bytes(count)),
      },
    }),
  },
  {
    name: 'oversleeps',
    what: 'every wait takes a hundred times as long',
    oracle: 'I10',
    ports: (ports) => ({
      ...ports,
      clock: { ...ports.clock, sleep: (ms, signal) => ports.clock.sleep(ms >= 10_000 ? 100 * ms : ms, signal) },
    }),
  },
  {
    name: 'tells-before-it-is-stored',
    what: 'an outcome is told when it is written, not when it is on the device',
    oracle: 'I11',
    ports: journalWith((journal, world) => ({
      update: async (identity, change, options) => {
        const record = world.image.seen.get(identity);
        if (
          change.state.finishedAt === undefined ||
          record?.revision !== change.revision ||
          record.fixed.kind !== 'operation'
        )
          return journal.update(identity, change, options);
        const next = {
          ...record,
          revision: record.revision + 1,
          write: change.write,
          state: change.state,
        } as OperationRecord;
        unflushed(world, next);
        return { won: true, record: next };
      },
    })),
  },
  {
    name: 'not-stored-and-sent',
    what: 'a claim that was stored is told as failed, and its request goes out all the same',
    oracle: 'I12',
    ports: (ports, world) => ({
      ...ports,
      journal: {
        ...ports.journal,
        claim: async (offered) => {
          const claimed = await ports.journal.claim(offered);
          if (!claimed.created || claimed.record.fixed.kind !== 'operation' || world.plan.disk.length === 0)
            return claimed;
          const { request, key } = claimed.record.fixed;
          const headers = { ...Object.fromEntries(request.headers), 'idempotency-key': key };
          void ports.fetch(new Request(request.url, { method: request.method, headers, body: request.body ?? null }));
          await ports.clock.sleep(1);
          throw new Error('the journal says no');
        },
      },
    }),
  },
  {
    name: 'stores-credentials',
    what: 'the credentials of an attempt are kept with the answer',
    oracle: 'I13',
    ports: (ports) => {
      let last = '';
      return {
        ...ports,
        fetch: (input, init) => {
          last = (input instanceof Request ? input : new Request(input, init)).headers.get('authorization') ?? last;
          return ports.fetch(input, init);
        },
        journal: {
          ...ports.journal,
          update: (identity, change, options) => {
            const { response } = change.state;
            if (response === undefined) return ports.journal.update(identity, change, options);
            const kept = { ...response, headers: { ...response.headers, 'x-sent-with': last } };
            return ports.journal.update(identity, { ...change, state: { ...change.state, response: kept } }, options);
          },
        },
      };
    },
  },
  {
    name: 'no-tombstones',
    what: 'what has ended and was told is forgotten',
    oracle: 'I14',
    ports: journalWith((journal, { image }) => ({
      update: async (identity, change, options) => {
        const result = await journal.update(identity, change, options);
        if (change.state.acknowledgedAt !== undefined) image.write(identity, undefined);
        return result;
      },
    })),
  },
  {
    name: 'remembers-too-long',
    what: 'the profile says that the server keeps keys for a year',
    oracle: 'I6',
    model: (model) => ({
      ...model,
      profile: ietf({ keyLifetime: '365d', accepted: model.inProgress === 'accepted' ? 'monitor' : 'reask' }),
    }),
  },
];

/** Nothing of it says when it was last looked at. */
function unseen<T extends JournalRecord | undefined>(record: T): T {
  return record?.state === undefined ? record : { ...record, state: { ...record.state, lastSeenAt: 0 } };
}

function unmarked<T extends JournalRecord | undefined>(record: T): T {
  if (record === undefined || record.fixed.kind === 'key' || record.state === undefined) return record;
  return withoutMark(record as OperationRecord) as T;
}
