/** The reason of an abort that only ends waiting for something: without one, each abort makes an exception with a stack, which costs more than
 *  the timer it ends. */
export const OVER = 'over';
