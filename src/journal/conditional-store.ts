import type { Durability } from '../core/types.ts';

/** A key-value store that can write on a condition: four methods make a journal of it (`storeJournal`). Redis, Postgres, DynamoDB, Durable
 *  Objects, SQLite and AsyncStorage can all do this. Reads must be consistent: what one call has written, the next one sees. A version is never
 *  given twice to one key, not even after a removal: a writer that still holds the old one would write over the new record.
 *
 *  Whatever a method throws is reported as JournalError 'unavailable' with the error as its cause, and nothing is sent.
 *
 *  @example
 *  const store: ConditionalStore = {
 *    durability: 'commit',
 *    async read(key) {
 *      const [row] = await sql`select value, version from onceward where key = ${key}`;
 *      return row && { value: row.value, version: String(row.version) };
 *    },
 *    async write(key, value, ifVersion) {
 *      const [row] = ifVersion === null
 *        ? await sql`insert into onceward values (${key}, ${value}, nextval('onceward_version'))
 *                    on conflict do nothing returning version`
 *        : await sql`update onceward set value = ${value}, version = nextval('onceward_version')
 *                    where key = ${key} and version = ${ifVersion} returning version`;
 *      return row ? String(row.version) : false;
 *    },
 *    async remove(key, ifVersion) {
 *      return (await sql`delete from onceward where key = ${key} and version = ${ifVersion} returning key`).length === 1;
 *    },
 *    async list(prefix) {
 *      return (await sql`select key from onceward where starts_with(key, ${prefix})`).map((row) => row.key);
 *    },
 *  };
 */
export interface ConditionalStore {
  /** How far a value survives once `write` has resolved. */
  readonly durability: Durability;
  /** The value and its version; undefined only where there is none. */
  read(key: string): Promise<{ value: string; version: string } | undefined>;
  /** Writes only if the stored version is `ifVersion` (null: absent). Resolves when durable with the new version; false if it lost.
   *  `mark.open`: a start will want to read this record. A store may keep it beside the value, for `list`. */
  write(
    key: string,
    value: string,
    ifVersion: string | null,
    mark?: { readonly open: boolean },
  ): Promise<string | false>;
  /** Removes only if the stored version is `ifVersion`. Says whether it did. */
  remove(key: string, ifVersion: string): Promise<boolean>;
  /** The keys that start with `prefix`. With `open` it may leave out those whose last write was marked as not open, and no others: a start then
   *  reads what is unfinished, and not all that ever was. */
  list(prefix: string, options?: { readonly open: boolean }): Promise<readonly string[]>;
}
