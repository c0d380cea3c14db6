import { UsageError } from '../core/errors/usage-error.ts';

/** The values an option may have: one of these, or whatever passes the check. */
export type Allowed = readonly unknown[] | ((value: unknown) => boolean);

/** Refuses what a caller without types may hand in: read as something else, a word too much could make a success of every 202.
 *  @throws UsageError ERR_ONCEWARD_INVALID_OPTION */
export function checkOptions(where: string, given: object, allowed: Readonly<Record<string, Allowed>>): void {
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (rule === undefined)
      throw refused(`${where} knows no option ${name}. Known: ${Object.keys(allowed).join(', ')}.`);
    if (value === undefined) continue;
    if (typeof rule === 'function') {
      if (!rule(value)) throw refused(`${where}: ${name} has a value that it cannot have.`);
    } else if (!rule.includes(value)) {
      throw refused(`${where}: ${name} must be ${rule.map((one) => JSON.stringify(one)).join(' or ')}.`);
    }
  }
}

function refused(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
