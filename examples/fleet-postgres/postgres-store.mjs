// A journal in PostgreSQL, for createClient({ journal: storeJournal(postgresStore(pool, ...)) }). Needs the package `pg`, version 8.

// The primary key is a hash: names may be longer than an index takes. "C" orders by bytes, so that a prefix is a range of the index. The sequence
// makes versions: none is given twice, not even to a name that was removed.
const TABLE = `
  create sequence if not exists onceward_version;
  create table if not exists onceward (
    id bytea primary key,
    key text collate "C" not null,
    value text not null,
    version bigint not null,
    open boolean not null
  );
  create index if not exists onceward_key on onceward (left(key, 500));
  create index if not exists onceward_open on onceward (left(key, 500)) where open;`;

const ID = `sha256(convert_to($1, 'UTF8'))`;
const READ = `select value, version from onceward where id = ${ID}`;
const INSERT = `
  insert into onceward (id, key, value, version, open) values (${ID}, $1, $2, nextval('onceward_version'), $3)
  on conflict (id) do nothing returning version`;
const UPDATE = `
  update onceward set value = $2, version = nextval('onceward_version'), open = $3
  where id = ${ID} and version = $4 returning version`;
const REMOVE = `delete from onceward where id = ${ID} and version = $2`;
// The range finds them in the index; beyond its 500 characters only starts_with looks.
const LIST = `
  select key from onceward
  where left(key, 500) >= left($1, 500) and left(key, 500) < left($1, 500) || U&'\\+10FFFF' collate "C" and starts_with(key, $1)`;
const LIST_OPEN = `${LIST} and open`;

/** A ConditionalStore over a pool. Every call is one statement, and so one transaction and one round trip.
 *
 *  @param {import('pg').Pool} pool
 *  @param {{ durability: import('onceward').Durability }} options `durability`: what `durabilityOf` found
 *  @returns {import('onceward').ConditionalStore}
 */
export function postgresStore(pool, { durability }) {
  return {
    durability,
    async read(key) {
      const [row] = (await pool.query(READ, [key])).rows;
      return row;
    },
    async write(key, value, ifVersion, mark) {
      const open = mark?.open !== false;
      const { rows } =
        ifVersion === null
          ? await pool.query(INSERT, [key, value, open])
          : await pool.query(UPDATE, [key, value, open, ifVersion]);
      return rows[0]?.version ?? false;
    },
    async remove(key, ifVersion) {
      return (await pool.query(REMOVE, [key, ifVersion])).rowCount === 1;
    },
    async list(prefix, options) {
      const { rows } = await pool.query(options?.open ? LIST_OPEN : LIST, [prefix]);
      return rows.map((row) => row.key);
    },
  };
}

/** Creates what is missing. Processes that start together wait for each other: `if not exists` alone can collide.
 *
 *  @param {import('pg').Pool} pool
 */
export async function createTable(pool) {
  await pool.query(`begin; select pg_advisory_xact_lock(hashtext('onceward')); ${TABLE} commit;`);
}

/** How far a commit survives on this server, by its own settings.
 *
 *  @param {import('pg').Pool} pool
 *  @returns {Promise<import('onceward').Durability>}
 */
export async function durabilityOf(pool) {
  const { rows } = await pool.query(`
    select current_setting('fsync') as fsync, current_setting('synchronous_commit') as flush,
      current_setting('synchronous_standby_names') as standbys`);
  const { fsync, flush, standbys } = rows[0];
  if (fsync === 'off' || flush === 'off') return 'process';
  return standbys !== '' && flush !== 'local' ? 'replicated' : 'device';
}
