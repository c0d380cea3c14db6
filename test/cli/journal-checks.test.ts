import { describe, expect, test } from 'vitest';
import type { Standing } from '../../src/cli/driver-standing.ts';
import { logChecks, operationChecks } from '../../src/cli/journal-checks.ts';
import { JournalError } from '../../src/core/errors/journal-error.ts';
import type { OperationPart, StatePart } from '../../src/core/record.ts';
import type { LogReport } from '../../src/journal/file/inspect.ts';
import { NOW, operation } from '../core/support/rules.ts';

const MIB = 1024 * 1024;
const HEALTHY: LogReport = {
  directory: '/j',
  fileSystem: undefined,
  unsafe: false,
  mode: 0o700,
  owner: 1000,
  generation: 3,
  size: MIB,
  snapshot: 0,
  records: 5,
  open: 1,
  tornPieces: 0,
  damaged: [],
  leftovers: [],
  quarantined: [],
  reserve: true,
  freeBytes: 1000 * MIB,
  problem: undefined,
};
const problem = new JournalError('read-only', 'The journal in /j is read-only.');

describe('the log', () => {
  test('in order: every check says so', () => {
    expect(logChecks(HEALTHY, 1000).map(({ check, status }) => `${check} ${status}`)).toEqual(
      ['directory', 'file system', 'log', 'quarantine', 'space', 'leftovers'].map((check) => `${check} ok`),
    );
  });
  test.each<[Partial<LogReport>, string, string]>([
    [{ mode: 0o777, unsafe: true }, 'directory fail', 'chmod 700 /j'],
    [{ mode: 0o755 }, 'directory warn', 'chmod 700 /j'],
    [{ owner: 0 }, 'directory fail', "sudo -u '#0'"],
    [{ unsafe: true, fileSystem: 'NFS' }, 'file system fail', 'local disk'],
    [{ damaged: [{ from: 10, to: 20 }], problem }, 'log fail', 'keep a copy'],
    [{ problem }, 'log fail', 'run this again'],
    [{ quarantined: ['00000001.log'] }, 'quarantine warn', 'delete the copies'],
    [{ freeBytes: MIB }, 'space fail', 'nothing is sent'],
    [{ freeBytes: 100 * MIB, size: 60 * MIB }, 'space warn', 'compaction'],
    [{ reserve: false }, 'space warn', 'makes it'],
  ])('%j: %s', (report, line, advice) => {
    const found = logChecks({ ...HEALTHY, ...report }, 1000).filter(({ status }) => status !== 'ok');
    expect(found.map(({ check, status }) => `${check} ${status}`)).toEqual([line]);
    expect(found[0]?.advice).toContain(advice);
  });
  test.each<[Partial<LogReport>, string]>([
    [{ tornPieces: 2 }, '2 pieces torn by crashes'],
    [{ leftovers: ['tmp-1'] }, '1 file of processes that died'],
    [{ freeBytes: undefined }, 'not known'],
  ])('%j is told, and is no failure', (report, found) => {
    const checks = logChecks({ ...HEALTHY, ...report }, 1000);
    expect(checks.every(({ status }) => status === 'ok')).toBe(true);
    expect(checks.map((one) => one.found).join('\n')).toContain(found);
  });
  test('where users have no numbers, rights say nothing', () => {
    expect(logChecks({ ...HEALTHY, mode: 0o777, owner: 0 }, undefined)[0]?.status).toBe('ok');
  });
});

describe('the operations', () => {
  const checks = (state: Partial<StatePart>, driver: Standing, fixed: Partial<OperationPart> = {}) =>
    operationChecks([{ record: operation(state, fixed), driver }], [], NOW);
  const lines = (...given: Parameters<typeof checks>) =>
    checks(...given).flatMap(({ check, status }) => (status === 'ok' ? [] : [`${check} ${status}`]));
  test.each<[Partial<StatePart>, Standing, string[]]>([
    [{}, 'alive', []],
    [{}, 'unknown', []],
    [{}, 'gone', ['drivers warn']],
    [{}, 'nobody', ['drivers warn']],
    [{ dueAt: NOW + 1 }, 'gone', []],
    [{ dueAt: NOW }, 'gone', ['drivers warn']],
    [{ state: 'in-doubt' }, 'nobody', ['doubt warn']],
    [{ state: 'succeeded', finishedAt: NOW }, 'gone', []],
    [{ lastSeenAt: NOW + 60_001 }, 'alive', ['clock fail']],
    [{ lastSeenAt: NOW + 60_000 }, 'alive', []],
  ])('%j, driver %s: %j', (state, driver, found) => {
    expect(lines(state, driver)).toEqual(found);
  });
  test('one without a name, interrupted, waits for a person', () => {
    const found = checks({}, 'gone', { anonymous: true }).find(({ check }) => check === 'drivers');
    expect([found?.status, found?.advice]).toEqual(['warn', expect.stringContaining('wake or discard it')]);
  });
  test.each([
    ['corrupt' as const, '1 damaged', 'Look them up'],
    ['newer-version' as const, '1 written by a newer version', 'Update onceward'],
  ])('%s records', (reason, found, advice) => {
    const [records] = operationChecks([], [{ identity: 'shop/alice/a', reason }], NOW);
    expect([records?.status, records?.found, records?.advice]).toEqual([
      'fail',
      expect.stringContaining(found),
      expect.stringContaining(advice),
    ]);
  });
  test('of many that cannot be read ten are named; of a handed-in key only its hint', () => {
    const many = Array.from({ length: 12 }, (_, at) => ({ identity: `shop/alice/${at}`, reason: 'corrupt' as const }));
    const key = { identity: 'key/shop//0123456789abcdef', reason: 'corrupt' as const };
    const [records] = operationChecks([], [key, ...many], NOW);
    expect(records?.found).toContain('13 damaged (key/shop//01234567..., shop/alice/0, ');
    expect(records?.found).toMatch(/shop\/alice\/8, 3 more: onceward journal list names all\)$/);
  });
});
