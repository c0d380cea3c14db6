// @ts-check
/** @import { FaultKind } from '../../types.ts' */

/** What there is a button for, and what happens then.
 *
 * @type {readonly (readonly [fault: FaultKind, hint: string])[]} */
export const FAULTS = [
  ['refuse', 'no connection; nothing comes in'],
  ['reset-before', 'not run, and the connection is reset'],
  ['stall', 'not run, and silence'],
  ['status:503', 'not run, answered with 503'],
  ['status:429', 'not run, answered with 429'],
  ['misdirected', 'not run, answered with 421'],
  ['duplicate', 'delivered twice at once'],
  ['zombie', 'the connection is reset, and the request arrives later'],
  ['reset-after', 'run and stored, and the connection is reset'],
  ['lose-response', 'run and stored, and silence'],
  ['truncate', 'run and stored, and half the body'],
  ['crash:before-effect', 'the server dies with the key locked'],
  ['crash:before-store', 'run, and the server dies before the answer is stored'],
  ['crash:after-store', 'run and stored, and the server dies before it answers'],
];
