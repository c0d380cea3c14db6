/** A profile is a hundred small facts; the largest of ours has a tenth of this. */
const MOST = 10_000;
const DEEPEST = 12;

export type PlainCopy = { readonly copy: unknown } | { readonly unreadable: string };

/** A frozen copy made of plain objects and lists, so that nothing the caller holds can change or run afterwards. Members that are undefined are left
 *  out. Never throws: what cannot be read, has no end, or is no data is said. */
export function plainCopy(value: unknown): PlainCopy {
  let left = MOST;
  const copied = (one: unknown, depth: number): unknown => {
    left -= 1;
    if (left < 0 || depth > DEEPEST) throw new Endless();
    if (typeof one === 'object' && one !== null) {
      if (Array.isArray(one)) {
        if (one.length > left) throw new Endless();
        return Object.freeze(Array.from(one, (member) => copied(member, depth + 1)));
      }
      if (Object.prototype.toString.call(one) !== '[object Object]') return NOT_DATA;
      const members = Object.keys(one).map((name) => [name, (one as Record<string, unknown>)[name]] as const);
      const given = members.filter(([, member]) => member !== undefined);
      return Object.freeze(Object.fromEntries(given.map(([name, member]) => [name, copied(member, depth + 1)])));
    }
    return typeof one === 'function' || typeof one === 'symbol' || typeof one === 'bigint' ? NOT_DATA : one;
  };
  try {
    return { copy: copied(value, 0) };
  } catch (error) {
    // A getter or a proxy of the caller's; what it throws is not repeated.
    return { unreadable: error instanceof Endless ? 'it is too large, or contains itself' : 'it cannot be read' };
  }
}

/** Stands where something was that is no data: no check takes it. */
export const NOT_DATA: symbol = Symbol('not data');

class Endless extends Error {}
