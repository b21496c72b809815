const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

type Unit = keyof typeof unitMs;

const units = Object.keys(unitMs) as readonly Unit[];

/**
 * Milliseconds of `500ms`, `30s`, `5m`, `1h`, `8d`, of a decimal (`1.5s`), and of several in falling order (`1h30m`), rounded to
 * whole milliseconds. Undefined where the text is none of these: a number needs its unit, and there is no sign.
 */
export function parseDuration(text: string): number | undefined {
  const part = /(\d+(?:\.\d+)?)(ms|[dhms])/y;
  let total = 0;
  let lastUnit = -1;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) return undefined;
    const unit = units.indexOf(found[2] as Unit);
    if (unit <= lastUnit) return undefined;
    lastUnit = unit;
    total += Number(found[1]) * unitMs[found[2] as Unit];
  }
  return lastUnit === -1 ? undefined : Math.round(total);
}

/** The shortest text that reads back as `ms`: 90000 is `1m30s`, 0 is `0ms`. */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = '';
  for (const unit of units) {
    const count = Math.floor(rest / unitMs[unit]);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs[unit];
  }
  return text === '' ? '0ms' : text;
}
