import { describe, expect, test } from 'vitest';
import type { Chart, Panel } from '../../../bench/chart/chart.ts';
import { linearScale, logScale, tickText } from '../../../bench/chart/scale.ts';
import { chartSvg } from '../../../bench/chart/svg.ts';

describe('a linear scale', () => {
  test.each([
    [[3.7], [0, 1, 2, 3, 4]],
    [[0.42], [0, 0.2, 0.4, 0.6]],
    [[118], [0, 50, 100, 150]],
    [[1_000], [0, 250, 500, 750, 1_000]],
    [
      [0, 0],
      [0, 0.25],
    ],
  ])('for %j goes from 0 to a round number', (values, ticks) => {
    const scale = linearScale(values);
    expect(scale.ticks).toEqual(ticks);
    expect(scale.at(0)).toBe(0);
    expect(scale.at(ticks.at(-1)!)).toBe(1);
  });
});

describe('a logarithmic scale', () => {
  test('has every power of ten', () => {
    const scale = logScale([10, 300, 10_000]);
    expect(scale.ticks).toEqual([10, 100, 1_000, 10_000]);
    expect(scale.at(10)).toBe(0);
    expect(scale.at(10_000)).toBe(1);
    expect(scale.at(300)).toBeCloseTo(1.477 / 3, 3);
  });

  test('has a place for 0, a power below the lowest', () => {
    const scale = logScale([0, 100, 100_000]);
    expect(scale.ticks).toEqual([0, 100, 1_000, 10_000, 100_000]);
    expect([0, 100, 100_000].map(scale.at)).toEqual([0, 0.25, 1]);
  });
});

test('numbers beside an axis are short', () => {
  expect([0, 0.25, 900, 1_000, 2_500, 100_000, 1_000_000].map(tickText)).toEqual([
    ...['0', '0.25', '900', '1k', '2.5k', '100k', '1M'],
  ]);
});

const line = (name: string, ys: readonly number[]) => ({
  name,
  points: ys.map((y, index) => ({ x: 10 ** index, y, spread: { low: y * 0.9, high: y * 1.1 } })),
});
const panel = (...lines: Panel['lines']): Panel => ({
  title: 'resident memory, MB',
  xTitle: 'accounts',
  xScale: 'log',
  lines,
});
const chart = (...panels: Panel[]): Chart => ({ title: 'Accounts & <pools>', panels });

/** What is drawn but lines and numbers. */
const frame = (svg: string) =>
  svg
    .replaceAll(/<polyline class="l\d" points="[^"]*"\/>(?=<path class="w)/g, '')
    .replaceAll(/<path class="[wg][^>]*>|<circle[^>]*>|<text class="[ec]"[^>]*>[^<]*<\/text>/g, '');

describe('a chart', () => {
  const three = [1, 2, 3].map(() => panel(line('unary', [100, 110, 130]), line('Route', [20, 22, 21])));

  test('is the same text for the same figures', () => {
    expect(chartSvg(chart(...three))).toBe(chartSvg(chart(...three)));
  });

  test('has everything but its lines and numbers where it was, whatever the figures', () => {
    const other = [1, 2, 3].map(() => panel(line('unary', [7, 9, 3]), line('Route', [900, 20, 1])));
    expect(frame(chartSvg(chart(...other)))).toBe(frame(chartSvg(chart(...three))));
  });

  test('stays inside its frame', () => {
    const svg = chartSvg(chart(...three));
    const xs = [...svg.matchAll(/ (?:x|cx)="([\d.-]+)"/g)].map((match) => Number(match[1]));
    const ys = [...svg.matchAll(/ (?:y|cy)="([\d.-]+)"/g)].map((match) => Number(match[1]));
    expect(Math.min(...xs, ...ys)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...xs)).toBeLessThan(900);
    expect(Math.max(...ys)).toBeLessThan(300);
  });

  test('draws more the higher up, and the axis from 0', () => {
    const svg = chartSvg(chart(panel(line('unary', [0, 50, 100]))));
    const heights = [...svg.matchAll(/<circle[^>]* cy="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(heights).toEqual([240, 185.3, 130.7]);
    expect(svg).toContain('<text class="e" x="50" y="244">0</text>');
  });

  test('names its axes and lines, and escapes what it writes', () => {
    const svg = chartSvg(chart(panel(line('unary', [1, 2, 3]))));
    expect(svg).toContain('>Accounts &amp; &lt;pools&gt;</text>');
    for (const words of ['resident memory, MB', 'accounts', 'unary'])
      expect(svg).toContain(`>${words}</text>`);
  });

  test('is under 12 KB with three panels, and with two of 180 and of 2,000 points', () => {
    const four = ['a', 'b', 'c', 'd'].map((name) => line(name, [1, 2, 3, 4, 5, 6, 7]));
    expect(chartSvg(chart(panel(...four), panel(...four), panel(...four))).length).toBeLessThan(12_288);
    for (const length of [180, 2_000]) {
      const long = (name: string) => ({
        name,
        points: Array.from({ length }, (_, x) => ({ x: x / 6, y: 100 + Math.sin(x) })),
      });
      const panels = [panel(long('99 %'), long('median')), panel(long('server'))];
      expect(
        chartSvg(chart(...panels.map((each) => ({ ...each, xScale: 'linear' as const })))).length,
      ).toBeLessThan(12_288);
    }
  });

  test('keeps a peak where points are joined', () => {
    const points = Array.from({ length: 2_000 }, (_, x) => ({ x, y: x === 1_234 ? 40 : 1 }));
    const svg = chartSvg(chart({ ...panel({ name: 'peak', points }), xScale: 'linear' }));
    expect(svg).toMatch(/points="[^"]*,76 /);
  });
});
