import type { Chart, Line } from '../chart/chart.ts';
import type { Curve, CurvePoint, SideFigures } from './curve.ts';

/** What a call costs, how many there are in a second, and what memory they leave, beside each other. */
export function curveChart({ title, xTitle }: Curve, points: readonly CurvePoint[]): Chart {
  const axis = { xTitle, xScale: 'log' } as const;
  return {
    title,
    panels: [
      {
        ...axis,
        title: 'server CPU, µs a call',
        lines: [
          lineOf('unary', points, ({ unary }) => unary, cpu),
          lineOf('Route', points, ({ route }) => route, cpu),
          lineOf('Route, selects', points, ({ select }) => select, cpu),
        ].filter(({ points: drawn }) => drawn.length > 0),
      },
      {
        ...axis,
        title: 'calls a second',
        lines: [
          lineOf('unary', points, ({ unary }) => unary, calls),
          lineOf('Route', points, ({ route }) => route, calls),
        ],
      },
      {
        ...axis,
        title: 'resident memory, MB',
        lines: (['loaded', 'settled', 'ready'] as const).map((name) => ({
          name: memoryNames[name],
          points: points.map(({ x, memoryMb }) => ({ x, y: memoryMb[name] })),
        })),
      },
    ],
  };
}

const memoryNames = { ready: 'at start', loaded: 'after the calls', settled: 'settled' } as const;

type Reading = (
  figures: SideFigures,
) => Pick<Line['points'][number], 'y'> & { spread: SideFigures['cpuSpread'] };

const cpu: Reading = ({ cpuMicros, cpuSpread }) => ({ y: cpuMicros, spread: cpuSpread });
const calls: Reading = ({ callsPerSecond, callsSpread }) => ({ y: callsPerSecond, spread: callsSpread });

function lineOf(
  name: string,
  points: readonly CurvePoint[],
  side: (point: CurvePoint) => SideFigures | undefined,
  reading: Reading,
): Line {
  return {
    name,
    points: points.flatMap((point) => {
      const figures = side(point);
      return figures === undefined ? [] : [{ x: point.x, ...reading(figures) }];
    }),
  };
}
