import { expect, test } from 'vitest';
import { HOUR, journalWorld } from './journal-world.ts';
import { run } from './run.ts';

const SECRETS = [
  'body-secret-1f6',
  'answer-secret-2a7',
  'header-secret-3b8',
  'key-secret-4c9-with-some-length',
  'query-secret-5da',
  'path-secret-6eb',
  'meta-secret-7fc',
  'owner/secret-8gd@example.com',
  'scope-secret-9he',
  'client-secret-0if',
  'name-secret-1jg',
  'answered-header-secret-2kh',
];

/** Every way in which a text may stand in another one. */
function disguises(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // Within other bytes base64 begins at one of three places: what does not depend on the neighbours.
  const base64 = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const inner = text.slice(Math.ceil((shift * 4) / 3), -4);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  return [secret, encodeURIComponent(secret), percent, percent.toUpperCase(), bytes.toString('hex'), ...base64].map(
    (text) => text.toLowerCase(),
  );
}

const leaks = (text: string): readonly string[] =>
  SECRETS.filter((secret) => disguises(secret).some((one) => text.toLowerCase().includes(one)));

async function secretive() {
  const world = await journalWorld();
  const options = {
    owner: SECRETS[7] ?? '',
    scope: SECRETS[8] ?? '',
    name: SECRETS[9] ?? '',
    safeHeaders: ['x-note', 'x-told'],
  };
  for (const [at, ago] of [HOUR, 2 * HOUR].entries()) {
    const client = world.client(
      {
        ...options,
        fetch: async () =>
          at === 0
            ? Promise.reject(new TypeError('fetch failed'))
            : Response.json({ said: SECRETS[1] }, { headers: { 'x-told': SECRETS[11] ?? '' } }),
      },
      ago,
    );
    await client
      .post(`charges/${SECRETS[5]}?to=${SECRETS[4]}`, {
        once: [SECRETS[10] ?? '', at],
        key: `${SECRETS[3]}-${at}`,
        json: { note: SECRETS[0] },
        headers: { 'x-note': SECRETS[2] ?? '' },
        meta: { note: SECRETS[6] ?? '' },
      })
      .outcome();
    await client.close();
  }
  return world;
}

test('what was planted is in the journal, and nothing of it in the export, however it is written', async () => {
  const world = await secretive();
  const stored = JSON.stringify(await world.records(), (_, value: unknown) =>
    value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
  );
  expect(leaks(stored)).toEqual(SECRETS);
  const { code, stdout, stderr } = await run('journal', 'export', world.directory);
  expect([code, stderr, leaks(stdout)]).toEqual([0, '', []]);
  expect(stdout).not.toContain(world.directory);
  expect(JSON.parse(stdout)).toMatchObject({
    format: 'onceward-journal-export',
    formatVersion: 1,
    records: { operations: 2, keys: 2, corrupt: 0, newerVersion: 0 },
    operations: [
      {
        status: 'succeeded',
        answer: 200,
        request: { origin: 'https://pay.example', headers: ['content-type', 'x-note'] },
      },
      { status: 'in-doubt', reason: 'not-repeatable', attempts: 1 },
    ],
  });
});

test('--ids adds the names, and one id exports one operation', async () => {
  const world = await secretive();
  const { stdout } = await run('journal', 'export', world.directory, `${SECRETS[10]}/1`, '--ids');
  const { operations } = JSON.parse(stdout) as { operations: { id: string }[] };
  expect(operations.map(({ id }) => id)).toEqual([`${SECRETS[10]}/1`]);
  expect(leaks(stdout)).toEqual([SECRETS[10]]);
  expect((await run('journal', 'export', world.directory, 'nobody')).code).toBe(1);
});

test('two of one owner are seen to be, and nobody can say whose, nor compare two exports', async () => {
  const world = await journalWorld();
  for (const [once, owner] of [
    ['a', '1'],
    ['b', '1'],
    ['c', '2'],
  ] as const)
    await world.charge(once, { owner });
  const owners = async () => {
    const { stdout } = await run('journal', 'export', world.directory, '--json');
    expect(stdout.split('\n')).toHaveLength(2);
    return (JSON.parse(stdout) as { operations: { owner: string }[] }).operations.map(({ owner }) => owner);
  };
  const [one, two] = [await owners(), await owners()];
  expect([one[0] === one[1], one[0] === one[2], one[0] === two[0]]).toEqual([true, false, false]);
});

test('list and show tell nothing of body, header, key, query, meta or scope', async () => {
  const world = await secretive();
  const texts = [
    await run('journal', 'list', world.directory),
    await run('journal', 'list', world.directory, '--json'),
    await run('journal', 'show', world.directory, `${SECRETS[10]}/0`),
    await run('journal', 'show', world.directory, `${SECRETS[10]}/1`, '--json'),
    await run('journal', 'doctor', world.directory),
  ].map(({ stdout, stderr }) => stdout + stderr);
  // The path, the owner, the client and the name are what a person looks for.
  const shown = [SECRETS[5], SECRETS[7], SECRETS[9], SECRETS[10]];
  expect(texts.flatMap(leaks).filter((secret) => !shown.includes(secret))).toEqual([]);
});
