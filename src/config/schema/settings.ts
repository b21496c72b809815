import * as v from 'valibot';
import { cooldownSection } from './cooldown.ts';
import { duration, timeToLive } from './duration-values.ts';
import { listenAddress, listenAddresses } from './listen.ts';
import { mismatch, quoteIt } from './mismatch.ts';
import { optional, section, setting } from './section.ts';
import { flag, name, oneOf, redisUrl, text, url, wholeNumber } from './values.ts';

const hourMs = 3_600_000;

/** A wait is a timer of the process; an hour is more than any caller's patience. */
const wait = () => duration({ maxMs: hourMs });

/** The namespace is part of every key in a shared store, where braces and colons have a meaning. */
const namespace = () =>
  v.custom<string>(
    (input) => typeof input === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(input),
    mismatch('1 to 64 letters, digits, dots, dashes or underscores', { hint: quoteIt }),
  );

/** Every key but the catalog's own: what it means and its default, stated here and nowhere else. */
export const settingsEntries = {
  listen: setting(
    section({
      grpc: setting(listenAddresses(), ['127.0.0.1:50051'], 'gRPC addresses, host:port or unix:/path'),
      http: setting(listenAddress(), '127.0.0.1:9464', 'Connect, gRPC-Web, JSON, admin, metrics and health'),
      metrics: optional(listenAddress(), 'A further listener with metrics and health alone', 'none'),
    }),
    {},
    'Where to listen',
  ),
  state: setting(
    section({
      redis_url: optional(redisUrl(), 'Shared state', 'in this process'),
      namespace: setting(
        namespace(),
        'default',
        'Parts the keys of one deployment from another in a shared store',
      ),
      timeout: setting(
        duration({ minMs: 1, maxMs: 60_000 }),
        '100ms',
        'Longest a call waits for the shared store',
      ),
      on_outage: setting(
        oneOf(['local', 'deny']),
        'local',
        'Go on from local state, or refuse, while it is away',
      ),
    }),
    {},
    'Where live state is',
  ),
  ledger: setting(
    section({
      database_url: optional(
        url('postgres://user@host/remora', ['postgres', 'postgresql']),
        'Postgres ledger',
        'SQLite at ledger.path',
      ),
      path: setting(
        text('the path of a file'),
        './data/remora.db',
        'SQLite file, from the working directory',
      ),
    }),
    {},
    'Where usage is booked',
  ),
  catalog: setting(
    section({
      source: setting(
        oneOf(['file', 'postgres']),
        'file',
        'Where groups, accounts, models and prices come from',
      ),
    }),
    {},
    'Where the catalog comes from',
  ),
  default_platform: setting(
    name('a platform'),
    'anthropic',
    'Platform where neither the request nor its group names one',
  ),
  scheduling: setting(
    section({
      tier_fallback: setting(flag(), false, 'Subscriptions first, then API keys, then Bedrock'),
      fallback_selection: setting(
        oneOf(['least_recently_used', 'random']),
        'least_recently_used',
        'Choice among accounts of equal priority and load',
      ),
      sticky_ttl: setting(
        timeToLive('1h'),
        '1h',
        'A session keeps its account this long after its last request',
      ),
      max_sessions: setting(
        wholeNumber({ min: 1_000 }),
        1_000_000,
        'Sessions remembered in this process, those used last; with Redis, whose keys expire, in an outage alone',
      ),
      sticky_max_waiting: setting(wholeNumber(), 3, "Sessions that may wait for their own account's slot"),
      sticky_wait_timeout: setting(wait(), '45s', 'Longest such a wait'),
      fallback_max_waiting: setting(
        wholeNumber(),
        100,
        "Other requests that may wait for one account's slot",
      ),
      fallback_wait_timeout: setting(wait(), '30s', 'Longest such a wait'),
      lease_ttl: setting(
        timeToLive('10m', { minMs: 1_000, maxMs: hourMs }),
        '10m',
        'A lease not renewed or reported frees its slot after this',
      ),
    }),
    {},
    'How accounts are chosen',
  ),
  caches: setting(
    section({
      user_group_rate_ttl: setting(timeToLive('30s'), '30s', "How long a user's rate in a group is kept"),
      models_list_ttl: setting(timeToLive('15s'), '15s', 'How long a list of models is kept'),
      window_cost_ttl: setting(timeToLive('30s'), '30s', "How long an account's window cost is kept"),
    }),
    {},
    'How long caches keep what they read',
  ),
  cooldown: setting(cooldownSection, {}, 'How long accounts rest after failures'),
  credentials: setting(
    section({
      expose: setting(flag(), false, 'Whether a caller may ask for the credential of its account'),
    }),
    {},
    'Who may see credentials',
  ),
  log: setting(
    section({
      level: setting(
        oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
        'info',
        'Least severe log lines that are written',
      ),
    }),
    {},
    'What is logged',
  ),
};

/** The file without its catalog. */
export const settingsSchema = section(settingsEntries);

/** What a valid file says beside its catalog, durations in milliseconds, defaults filled in. */
export type ValidSettings = v.InferOutput<typeof settingsSchema>;
