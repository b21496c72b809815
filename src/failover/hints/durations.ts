/** Longer than any limit lasts: a figure above it is a mistake, not a wait. */
export const ABSURD_MS = 366 * 86_400_000;

/** Milliseconds in each unit that providers write, long and short forms, English and Chinese. */
const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ...unit(1, 'ms', 'msec', 'msecs', 'millisecond', 'milliseconds', '毫秒'),
  ...unit(1_000, 's', 'sec', 'secs', 'second', 'seconds', '秒', '秒钟'),
  ...unit(60_000, 'm', 'min', 'mins', 'minute', 'minutes', '分', '分钟'),
  ...unit(3_600_000, 'h', 'hr', 'hrs', 'hour', 'hours', '小时', '个小时'),
  ...unit(86_400_000, 'd', 'day', 'days', '天'),
  ...unit(0.001, 'us', 'µs', 'μs'),
  ...unit(0.000_001, 'ns'),
]);

function unit(ms: number, ...names: string[]): [string, number][] {
  return names.map((name) => [name, ms]);
}

const NUMBER = /^\d{1,15}(?:\.\d{1,12})?$/;
const COMPACT = /^(?:\d{1,15}(?:\.\d{1,12})?[a-zµμ]{1,2}){1,6}$/;
const COMPACT_PART = /(\d{1,15}(?:\.\d{1,12})?)([a-zµμ]{1,2})/g;

/** A plain decimal, nothing else: no sign, no exponent, no blanks inside. */
export function parseDecimal(text: string): number | undefined {
  const trimmed = text.trim();
  return NUMBER.test(trimmed) ? Number(trimmed) : undefined;
}

/** A decimal of seconds (`12`, `0.5`) as milliseconds. */
export function parseSecondsMs(text: string): number | undefined {
  const seconds = parseDecimal(text);
  return seconds === undefined ? undefined : sensibleMs(seconds * 1000);
}

/** A decimal of milliseconds. */
export function parseMillisecondsMs(text: string): number | undefined {
  const ms = parseDecimal(text);
  return ms === undefined ? undefined : sensibleMs(ms);
}

/** A compact duration, units required: `6m0s`, `1.4s`, `120ms`, `1h2m3s`. Milliseconds. */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  if (!COMPACT.test(trimmed)) return undefined;
  let totalMs = 0;
  for (const [, amount, name] of trimmed.matchAll(COMPACT_PART)) {
    const ms = amountMs(amount!, name!);
    if (ms === undefined) return undefined;
    totalMs += ms;
  }
  return sensibleMs(totalMs);
}

/** `amount` of the unit called `name`, in milliseconds; undefined for a unit nobody uses. */
export function amountMs(amount: string, name: string): number | undefined {
  const factor = MS_PER_UNIT.get(name.toLowerCase());
  return factor === undefined ? undefined : Number(amount) * factor;
}

/** The length itself where it is one a provider can mean: finite, not negative, at most a year. */
export function sensibleMs(ms: number): number | undefined {
  return ms >= 0 && ms <= ABSURD_MS ? ms : undefined;
}
