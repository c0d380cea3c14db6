import { UsageError } from '../core/errors/usage-error.ts';
import { CRASH } from '../core/life.ts';
import type { Client } from '../core/types.ts';

/** Ends a client as SIGKILL ends its process: no `finally`, no flush. From now on nothing of it reaches its journal or the network, connections it
 *  has open are cut, whoever else looks takes it for dead, and promises that are pending stay so for ever. Clients made of it with `extend` go too.
 *
 *  What a kill does to files and to memory not yet flushed only a killed process shows. `close()` afterwards gives up the journal's files.
 *
 *  @example
 *  mock.fail('lose-response');
 *  void client.post('/charges', { once: ['cart', '8f3'], json }).catch(() => {});
 *  await vi.waitUntil(() => mock.effects().length === 1);
 *  crash(client);
 *
 *  @throws UsageError ERR_ONCEWARD_INVALID_OPTION for anything but a client of createClient
 */
export function crash(client: Client): void {
  const end = (client as Partial<Record<typeof CRASH, () => void>> | undefined)?.[CRASH];
  if (end === undefined) {
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_OPTION',
      'crash() takes a client as createClient made it; a wrapper or a copy of one does not know how to end.',
    );
  }
  end();
}
