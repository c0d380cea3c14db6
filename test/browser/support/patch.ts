import { onTestFinished } from 'vitest';

/** Replaces one member of a platform object until the test ends: for faults that no test can make a browser have. */
export function patch<T extends object, K extends keyof T & string>(
  target: T,
  name: K,
  member: PropertyDescriptor,
): void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { configurable: true, ...member });
  onTestFinished(() => {
    if (before === undefined) delete (target as Partial<T>)[name];
    else Object.defineProperty(target, name, before);
  });
}
