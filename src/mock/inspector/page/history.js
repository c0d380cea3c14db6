// @ts-check
/** @import { MockEvent } from '../../events.ts' */

/** As many as the server keeps. */
const KEPT = 10_000;

/** The events the page knows, and some more. After a broken connection the server tells its history again: what is known is passed over. A number
 * that now stands for something else, or is older than all that is known, comes from another server: with it the page begins anew.
 *
 * @param {readonly MockEvent[]} known in order
 * @param {readonly MockEvent[]} more in order
 * @returns {readonly MockEvent[]} */
export function withEvents(known, more) {
  let list = [...known];
  let byId = new Map(known.map((event) => [event.id, event]));
  for (const event of more) {
    const same = byId.get(event.id);
    if (same !== undefined && same.at === event.at && same.kind === event.kind) continue;
    if (event.id <= (list.at(-1)?.id ?? 0)) {
      list = [];
      byId = new Map();
    }
    list.push(event);
    byId.set(event.id, event);
  }
  return list.slice(-KEPT);
}
