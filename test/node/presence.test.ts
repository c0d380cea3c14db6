import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import type { DriverMark } from '../../src/core/driver-mark.ts';
import { nodeClock } from '../../src/node/clock.ts';
import { nodePresence } from '../../src/node/presence.ts';
import { type ProcessTable, processTable } from '../../src/node/process-table.ts';
import { nodeRandom } from '../../src/node/random.ts';

const linux = process.platform === 'linux';
const never = new AbortController().signal;
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function presence(processes?: ProcessTable) {
  const options = { clock: nodeClock, random: nodeRandom };
  return nodePresence(processes === undefined ? options : { ...options, processes });
}

/** 'waiting' where watch does not settle within two polls. */
async function verdict(driver: DriverMark, processes?: ProcessTable): Promise<string> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), 450);
  try {
    return await presence(processes).watch(driver, waiting.signal);
  } catch {
    return 'waiting';
  } finally {
    clearTimeout(timer);
  }
}

/** A process that does nothing, and the mark of a client in it. */
async function stranger(): Promise<{ child: ChildProcess; exited: Promise<unknown>; mark: DriverMark }> {
  const child = spawn(process.execPath, [
    '-e',
    `const { readFileSync } = require('node:fs');
     let stat = '';
     try { stat = readFileSync('/proc/self/stat', 'utf8'); } catch { /* no /proc here: the mark has no start time */ }
     console.log(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '');
     setInterval(() => {}, 1000);`,
  ]);
  children.push(child);
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const startTime = line.toString().trim();
  const { bootId, pidNamespace } = processTable().self();
  return {
    child,
    exited: once(child, 'exit'),
    mark: {
      nonce: '0-stranger',
      pid: child.pid ?? 0,
      ...(startTime !== '' && { startTime }),
      ...(bootId !== undefined && { bootId }),
      ...(pidNamespace !== undefined && { pidNamespace }),
    },
  };
}

describe('a client of this process', () => {
  test('enters once, holds its own mark only, and gets another one after it left', async () => {
    const [mine, other] = [presence(), presence()];
    const mark = await mine.enter();
    expect(await mine.enter()).toBe(mark);
    expect(JSON.parse(JSON.stringify(mark))).toEqual(mark);
    expect(mine.holds(mark)).toBe(true);
    expect(mine.holds({ ...mark })).toBe(true);
    expect(other.holds(mark)).toBe(false);
    expect(mine.holds(undefined)).toBe(false);
    mine.leave();
    expect(mine.holds(mark)).toBe(false);
    const next = await mine.enter();
    expect(next.nonce).not.toBe(mark.nonce);
    mine.leave();
    mine.leave();
  });

  test('is alive until it leaves, then gone, though its process lives', async () => {
    const mine = presence();
    const mark = await mine.enter();
    expect(await verdict(mark)).toBe('waiting');
    const watching = presence().watch(mark, never);
    mine.leave();
    expect(await watching).toBe('gone');
  });

  test('of another thread cannot be judged', async () => {
    const mine = presence();
    const mark = await mine.enter();
    mine.leave();
    const worker = new Worker(
      'require("node:worker_threads").parentPort.postMessage(require("node:worker_threads").threadId)',
      { eval: true },
    );
    const [thread] = (await once(worker, 'message')) as [number];
    expect(await verdict({ ...mark, nonce: `${thread}-${mark.nonce.split('-')[1]}` })).toBe('unknown');
  });

  test('a watch that is given up rejects with the reason', async () => {
    const mine = presence();
    const mark = await mine.enter();
    const reason = new Error('enough');
    await expect(presence().watch(mark, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    await expect(presence().watch(mark, controller.signal)).rejects.toBe(reason);
    mine.leave();
  });
});

describe('a client of another process', () => {
  test('is waited for while its process lives, and gone when it is killed', async () => {
    const { child, exited, mark } = await stranger();
    expect(await verdict(mark)).toBe(linux ? 'waiting' : 'unknown');
    const watching = presence().watch(mark, never);
    child.kill('SIGKILL');
    expect(await watching).toBe(linux ? 'gone' : 'unknown');
    await exited;
    expect(await verdict(mark)).toBe('gone');
  });

  test.runIf(linux)('is gone when it is a zombie', async () => {
    // The shell becomes a program that never asks for its child's end.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
    children.push(parent);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const { bootId, pidNamespace } = processTable().self();
    const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8');
    const startTime = stat().split(') ')[1]?.split(' ')[19] ?? '';
    const mark = { nonce: '0-zombie', pid, startTime, bootId, pidNamespace } as DriverMark;
    expect(await verdict(mark)).toBe('waiting');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => stat().includes(') Z ')).toBe(true);
    expect(await verdict(mark)).toBe('gone');
  });

  test.runIf(linux)('is gone when its pid is another process now, unknown when it is elsewhere', async () => {
    const { mark } = await stranger();
    expect(await verdict({ ...mark, startTime: '1' })).toBe('gone');
    expect(await verdict({ ...mark, pid: process.pid })).toBe('gone');
    const rows: Partial<DriverMark>[] = [{ bootId: 'another' }, { pidNamespace: 'pid:[1]' }];
    for (const row of rows) {
      expect(await verdict({ ...mark, ...row })).toBe('unknown');
      expect(await verdict({ ...mark, pid: 2 ** 22 + 1, ...row })).toBe('unknown');
    }
    expect(await verdict({ nonce: 'a browser tab', lock: true })).toBe('unknown');
  });

  test('without /proc: absence is the only evidence', async () => {
    const root = await mkdtemp(join(tmpdir(), 'onceward-proc-'));
    const processes = processTable(root);
    expect(processes.self()).toEqual({ pid: process.pid });
    const { child, exited } = await stranger();
    const mark = { nonce: '0-mac', pid: child.pid ?? 0 };
    expect(await verdict(mark, processes)).toBe('unknown');
    child.kill('SIGKILL');
    await exited;
    expect(await verdict(mark, processes)).toBe('gone');
    await rm(root, { recursive: true });
  });
});

test.runIf(linux)('the start time is counted behind the last parenthesis of the name', async () => {
  const root = await mkdtemp(join(tmpdir(), 'onceward-proc-'));
  const fields = (state: string) =>
    [state, ...Array.from({ length: 18 }, (_, at) => String(at)), '4711', '0'].join(' ');
  await mkdir(join(root, '77'));
  const table = processTable(root);
  for (const [name, state, expected] of [
    ['node', 'S', 'alive'],
    [') Z 1 2 3', 'R', 'alive'],
    ['a) S (b', 'Z', 'gone'],
    ['node', 'X', 'gone'],
  ]) {
    await writeFile(join(root, '77', 'stat'), `77 (${name}) ${fields(state ?? '')}\n`);
    expect(table.look({ pid: 77, startTime: '4711' })).toBe(expected);
  }
  expect(table.look({ pid: 77, startTime: '4712' })).toBe('gone');
  await rm(root, { recursive: true });
});

test('a mark of another boot: gone where the journal is on this disk, for the machine was started anew; unknown behind a shared store', async () => {
  const mark: DriverMark = { nonce: '0-before-the-power-cut', ...processTable().self(), bootId: 'another boot' };
  const watched = presence();
  expect(await watched.watch(mark, new AbortController().signal, { onThisMachine: true })).toBe('gone');
  expect(await watched.watch(mark, new AbortController().signal, { onThisMachine: false })).toBe('unknown');
});
