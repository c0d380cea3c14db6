import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { DriverMark } from '../../src/core/driver-mark.ts';
import type { Clock } from '../../src/core/ports.ts';
import { nodeClock } from '../../src/node/clock.ts';
import { nodePresence } from '../../src/node/presence.ts';
import { type ProcessTable, processTable } from '../../src/node/process-table.ts';
import { nodeRandom as random } from '../../src/node/random.ts';

const SELF = { pid: 1, startTime: '1', bootId: 'boot', pidNamespace: 'pid:[1]' };
const DRIVER: DriverMark = { ...SELF, nonce: '0-driver', pid: 2 };

/** A follower whose looks come `step` ms apart, at a driver that is as `table` says, look after look: what it comes to, and after how many. */
async function watched(step: number, table: readonly ('alive' | 'stopped')[]): Promise<string> {
  let time = 0;
  let looks = 0;
  const clock: Clock = {
    now: () => time,
    monotonic: () => time,
    sleep: async (_, signal) => {
      signal?.throwIfAborted();
      time += step;
    },
  };
  const over = new AbortController();
  const processes: ProcessTable = {
    self: () => SELF,
    look: () => 'alive',
    isStopped() {
      const seen = table[looks];
      looks += 1;
      if (seen === undefined) over.abort('waiting');
      return seen === 'stopped';
    },
  };
  const presence = nodePresence({ clock, random, processes });
  const verdict = await presence.watch(DRIVER, over.signal).catch((reason: unknown) => String(reason));
  return `${verdict} after ${looks - 1}`;
}

const stopped = (looks: number): 'stopped'[] => Array.from({ length: looks }, () => 'stopped');

describe('a driver whose process is stopped', () => {
  test.each([
    ['for half a minute is not vouched for any more', 200, stopped(1_000), 'unknown after 150'],
    ['for less is waited for', 200, stopped(149), 'waiting after 149'],
    ['and goes on in between lives', 200, [...stopped(149), 'alive', ...stopped(149)] as const, 'waiting after 299'],
    // The follower was stopped too: an hour is one look.
    ['while the follower was as well', 3_600_000, stopped(70), 'waiting after 70'],
  ] as const)('%s', async (_, step, table, verdict) => {
    expect(await watched(step, table)).toBe(verdict);
  });

  test.runIf(process.platform === 'linux')('is seen to be stopped, and to go on', async () => {
    const child = spawn('sleep', ['60']);
    try {
      await once(child, 'spawn');
      const table = processTable();
      const { pid = 0 } = child;
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
      const look = () => `${table.look({ pid, startTime })} ${table.isStopped?.({ pid, startTime })}`;
      expect(look()).toBe('alive false');
      child.kill('SIGSTOP');
      await expect.poll(look).toBe('alive true');
      child.kill('SIGCONT');
      await expect.poll(look).toBe('alive false');
    } finally {
      child.kill('SIGKILL');
    }
  });
});

test('a client that stood still gives its mark up itself, and drives on under another one', async () => {
  let missed = false;
  const pulse = () => {
    missed = false;
    return { missed: () => missed, stop: () => {} };
  };
  const presence = nodePresence({ clock: nodeClock, random, pulse });
  const mark = await presence.enter();
  expect(presence.holds(mark)).toBe(true);
  missed = true;
  expect(presence.holds(mark)).toBe(false);
  const next = await presence.enter();
  expect(next.nonce).not.toBe(mark.nonce);
  expect(presence.holds(next)).toBe(true);
  missed = true;
  expect((await presence.enter()).nonce).not.toBe(next.nonce);
  expect(await presence.watch(next, new AbortController().signal)).toBe('gone');
  presence.leave();
});
