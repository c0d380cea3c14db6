// A journal in Redis, for createClient({ journal: storeJournal(redisStore(redis, ...)) }). Needs the package `redis`, version 5 or 6.

// Each record is a hash { value, version }; two sorted sets hold the names in order, all of them and the open ones. A script runs alone, so what
// it looks at cannot change before it writes. The counter makes versions: none is given twice, not even to a name that was removed.
const WRITE = `
  local version = redis.call('HGET', KEYS[1], 'version') or ''
  if version ~= ARGV[1] then return false end
  local written = tostring(redis.call('INCR', KEYS[4]))
  redis.call('HSET', KEYS[1], 'value', ARGV[2], 'version', written)
  redis.call('ZADD', KEYS[2], 0, ARGV[3])
  if ARGV[4] == 'open' then redis.call('ZADD', KEYS[3], 0, ARGV[3]) else redis.call('ZREM', KEYS[3], ARGV[3]) end
  return written`;

const REMOVE = `
  if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[2])
  redis.call('ZREM', KEYS[3], ARGV[2])
  return 1`;

/** A ConditionalStore over a connected client. The braces keep all keys on one node of a cluster, where one script can reach them.
 *
 *  @param {import('redis').RedisClientType} redis
 *  @param {{ durability: import('onceward').Durability, prefix?: string }} options `durability`: what `durabilityOf` found
 *  @returns {import('onceward').ConditionalStore}
 */
export function redisStore(redis, { durability, prefix = '{onceward}' }) {
  const record = (key) => `${prefix}:record:${key}`;
  const [names, open, versions] = [`${prefix}:names`, `${prefix}:open`, `${prefix}:versions`];
  return {
    durability,
    async read(key) {
      const [value, version] = await redis.hmGet(record(key), ['value', 'version']);
      return value === null ? undefined : { value, version };
    },
    async write(key, value, ifVersion, mark) {
      const written = await redis.eval(WRITE, {
        keys: [record(key), names, open, versions],
        arguments: [ifVersion ?? '', value, key, mark?.open === false ? 'closed' : 'open'],
      });
      return written ?? false;
    },
    async remove(key, ifVersion) {
      const keys = [record(key), names, open];
      return (await redis.eval(REMOVE, { keys, arguments: [ifVersion, key] })) === 1;
    },
    async list(prefix, options) {
      // Names are ASCII: nothing that starts with the prefix comes after this.
      const [from, to] = prefix === '' ? ['-', '+'] : [`[${prefix}`, `[${prefix}\uffff`];
      return redis.zRangeByLex(options?.open ? open : names, from, to);
    },
  };
}

/** How far a write survives on this server, by its own settings: 'device' only where it flushes its log before it answers.
 *
 *  @param {import('redis').RedisClientType} redis
 *  @returns {Promise<import('onceward').Durability>}
 */
export async function durabilityOf(redis) {
  const { appendonly, appendfsync } = await redis.configGet(['appendonly', 'appendfsync']);
  return appendonly === 'yes' && appendfsync === 'always' ? 'device' : 'process';
}
