/** On a clock: time passes only as a simulation says. Who waits on such a clock need not keep the real process alive. */
export const VIRTUAL_TIME: unique symbol = Symbol.for('onceward.virtual-time');
