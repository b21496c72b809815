/** Where the shared state is, as a URL of `state.redis_url` says it. */
export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly tls: boolean;
  /** Empty: none. */
  readonly username: string;
  readonly password: string;
  readonly db: number;
  /** The name the sentinels know the master by; empty where there are none. */
  readonly master: string;
}

const shape = /^(redis|rediss)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/?#]+)(?:\/([^?#]*))?$/;
const defaultPorts = { single: 6379, cluster: 6379, sentinel: 26379 };

/**
 * Reads
 *
 *   redis://[user:password@]host[:port][/db]
 *   redis+sentinel://[user:password@]host[:port],host[:port]/master[/db]
 *   redis+cluster://[user:password@]host[:port],host[:port]
 *
 * and the same with `rediss` for TLS. Throws a TypeError that repeats nothing of the URL, which may hold a password anywhere.
 */
export function parseRedisUrl(url: string): RedisAddress {
  const match = shape.exec(url);
  if (match === null)
    throw new TypeError('a Redis URL begins with redis://, rediss://, redis+sentinel:// or redis+cluster://');
  const [, scheme, mode, credentials = '', hosts = '', path = ''] = match;
  const kind = (mode ?? 'single') as RedisAddress['kind'];
  const colon = credentials.indexOf(':');
  const [first = '', second = ''] = path.split('/');
  if (kind === 'sentinel' && first === '')
    throw new TypeError('a redis+sentinel:// URL ends with the name of the master: /mymaster');
  if (kind === 'cluster' && first !== '')
    throw new TypeError('a Redis Cluster has no databases to choose from');
  const db = kind === 'sentinel' ? second : first;
  const list = hosts.split(',').map((entry) => hostOf(entry, defaultPorts[kind]));
  if (!/^\d{0,5}$/.test(db)) throw new TypeError('the database at the end of a Redis URL is a number');
  if (kind === 'single' && list.length > 1)
    throw new TypeError('several hosts need redis+sentinel:// or redis+cluster://');
  return {
    kind,
    hosts: list,
    tls: scheme === 'rediss',
    username: decoded(colon < 0 ? '' : credentials.slice(0, colon)),
    password: decoded(colon < 0 ? credentials : credentials.slice(colon + 1)),
    db: Number(db === '' ? 0 : db),
    master: kind === 'sentinel' ? decoded(first) : '',
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError('a % in a Redis URL reads %25');
  }
}

function hostOf(entry: string, defaultPort: number): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(entry);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535)
    throw new TypeError(
      'each host of a Redis URL is host or host:port, after a password in which / and @ read %2F and %40',
    );
  return { host, port };
}
