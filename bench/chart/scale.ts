/** Where values lie along an axis, and which of them are written beside it. */
export interface Scale {
  /** From 0, the axis's begin, to 1, its end. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** From 0 to a round number that holds every value, in three to five steps of 1, 2, 2.5 or 5 times a power of ten. */
export function linearScale(values: readonly number[]): Scale {
  const most = Math.max(0, ...values.filter(Number.isFinite));
  const step = roundStep(most === 0 ? 0.25 : most / 4);
  const steps = Math.max(1, Math.ceil(most / step - 1e-9));
  const ticks = Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)));
  const end = ticks.at(-1) ?? 1;
  return { at: (value) => value / end, ticks };
}

/** Powers of ten; a 0 among the values is drawn a power below the lowest. */
export function logScale(values: readonly number[]): Scale {
  const above = values.filter((value) => value > 0);
  const hasZero = above.length < values.length;
  const low = Math.floor(Math.log10(Math.min(...above)) + 1e-9) - (hasZero ? 1 : 0);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...above)) - 1e-9));
  const powers = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return {
    at: (value) => (value > 0 ? (Math.log10(value) - low) / (high - low) : 0),
    ticks: hasZero ? [0, ...powers.slice(1)] : powers,
  };
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 5, 10].find((each) => each * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** As short as an axis needs it: 2.5k, 100k, 1M. */
export function tickText(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toFixed(2))}M`;
  if (value >= 1_000) return `${Number((value / 1_000).toFixed(2))}k`;
  return String(Number(value.toPrecision(4)));
}
