// Does the proof prove anything? Each fault that the protocol guards against is put into a copy of the sources, and the test that is named must fail
// there. (`npm run test:stryker` mutates the rules of the core in the same spirit.)
import { describe, expect, test } from 'vitest';
import { healthyVerdicts, type Mutant, verdictsOf } from './support/mutant.ts';

const CUTS = {
  testFile: 'journal/file/disk/power-cuts.test.ts',
  test: 'at every call and every answer of a run with two compactions, whatever is left: every answer holds',
};
const FAILED_FLUSH = {
  testFile: 'journal/file/disk/power-cuts.test.ts',
  test: 'at every call of a run in which flushes fail: what was answered is in a new generation',
};
const sleepers = (test: string) => ({ testFile: 'journal/file/disk/sleepers.test.ts', test });

const MUTANTS: readonly Mutant[] = [
  {
    name: 'ignores the earlier claim',
    file: 'entry.ts',
    text: "    if (existing === undefined) return 'written';",
    replacement: "    return 'written';",
    ...CUTS,
  },
  {
    name: 'folds past the seal',
    file: 'fold.ts',
    text: 'while (!this.ended) {',
    replacement: 'while (this.beyond === undefined) {',
    ...sleepers(
      'a line that comes behind the seal of a compaction that goes on: it is not in its snapshot, and is written again',
    ),
  },
  {
    name: 'acknowledges before the flush',
    file: 'group-commit.ts',
    text: '    const log = this.#log;\n    // Until the last word',
    replacement: `    for (const { waiting: { resolve }, answer } of waiting) resolve(answer);
    const log = this.#log;
    // Until the last word`,
    ...CUTS,
  },
  {
    name: 'skips the flush of the directory',
    file: 'generation.ts',
    text: '    io.syncDirectory(directory);',
    replacement: '',
    ...CUTS,
  },
  {
    name: 'links a snapshot that is not on the disk',
    file: 'snapshot.ts',
    text: '    io.truncate(this.#fd, this.#end);\n    await io.sync(this.#fd);',
    replacement: '    io.truncate(this.#fd, this.#end);',
    ...CUTS,
  },
  {
    name: 'seals before there is space for what comes next',
    file: 'compaction.ts',
    text: `    replaced(log, options, async (snapshot) => {`,
    replacement: `    (log.seal(options.io.now()), replaced)(log, options, async (snapshot) => {`,
    ...sleepers('a compaction that finds no space changes nothing: all go on in the old generation'),
  },
  {
    name: 'unlinks old generations',
    file: 'generation.ts',
    text: 'else if (generation < latest && io.look(path)?.size !== RETIRED.length) replaceWithStub(path, directory, io);',
    replacement: 'else if (generation < latest) io.remove(path);',
    ...sleepers('a finisher that slept through two compactions does not bring an old generation back'),
  },
  {
    name: 'answers a known name without a flush',
    file: 'group-commit.ts',
    text: "decided.push(this.#decide(waiting, { done: judged === 'again', stored: existing, before: existing }));",
    replacement:
      "decided.push({ ...this.#decide(waiting, { done: judged === 'again', stored: existing, before: existing }), reach: 0 });",
    testFile: 'journal/file/group-commit.test.ts',
    test: 'what a killed process wrote and did not flush is flushed before it is answered with',
  },
  {
    name: 'flushes again after a flush that failed',
    file: 'group-commit.ts',
    text: '      return await this.#rescue(error, waiting);',
    replacement: '      await log.flush();',
    ...FAILED_FLUSH,
  },
  {
    name: 'believes the page cache of a process before it',
    file: 'compaction.ts',
    text: '    await withReserve(options, async () => log.renew());\n',
    replacement: '',
    testFile: 'journal/file/disk/failed-flush.test.ts',
    test: 'what the failed flush of a process lost is not answered as durable by the next one: stopped before it knew',
  },
  {
    name: 'takes its memory for what others have read',
    file: 'compaction.ts',
    text: '    log.compare();\n',
    replacement: '',
    testFile: 'journal/file/disk/failed-flush.test.ts',
    test: 'a process that sees what a failed flush lost, and one that does not and goes on, never answer with two keys',
  },
  {
    name: "takes another's word for bytes that the other has not seen",
    file: 'log.ts',
    text: '    this.#compare(Math.min(this.durable, known));\n',
    replacement: '',
    testFile: 'journal/file/disk/failed-flush.test.ts',
    test: 'a process that sees what a failed flush lost, and one that does not and seals it, never answer with two keys',
  },
];

describe('a protocol that', () => {
  test.each(MUTANTS)('$name is caught by "$test"', { timeout: 120_000 }, async (mutant) => {
    expect(await verdictsOf(mutant)).toEqual(new Map([[mutant.test, 'failed']]));
  });
});

test('all of these tests pass where nothing was changed', { timeout: 300_000 }, async () => {
  const verdicts = await healthyVerdicts(MUTANTS);
  expect(MUTANTS.filter((mutant) => verdicts.get(mutant.test) !== 'passed')).toEqual([]);
});
