import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBank } from './support/bank.ts';
import { APP, Boot } from './support/boot.ts';

// In a container whose first process reaps nobody, a killed process stays in /proc for ever, with its pid and its start time.
test('a driver that is dead and that nobody reaps is taken over', { timeout: 30_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'onceward-zombie-'));
  const bank = await openBank();
  const plan = { journal: join(directory, 'journal'), server: bank.url, names: ['order-1'] };
  const dying = JSON.stringify({ ...plan, kill: { point: 'after-claim', nth: 1, turns: 0 } });
  // The shell starts the application and becomes `sleep`, which waits for no child.
  const careless = spawn('sh', ['-c', '"$0" "$1" "$2" & exec sleep 60', process.execPath, APP, dying], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const signal = AbortSignal.timeout(15_000);
    let said = '';
    while (!said.includes('"killed"')) said += String((await once(careless.stdout, 'data', { signal }))[0]);
    const life = await new Boot(plan).life;
    expect(life.found).toEqual({ 'order-1': 'pending' });
    expect(life.outcomes.map(({ name, http }) => ({ name, http }))).toEqual([{ name: 'order-1', http: 201 }]);
    expect(bank.effects('order-1')).toBe(1);
  } finally {
    careless.kill('SIGKILL');
    await bank.close();
    await rm(directory, { recursive: true, force: true });
  }
});
