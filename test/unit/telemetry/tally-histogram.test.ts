import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createTallyHistogram } from '../../../src/telemetry/tally-histogram.ts';

const options = { name: 'took_seconds', help: 'How long it took.', buckets: [0.001, 0.01, 1] };

it('reads as the same observations made with prom-client would, before and after them', async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const observe = createTallyHistogram(ours, options);
  const histogram = new Histogram({ ...options, registers: [theirs] });
  expect(await ours.metrics()).toBe(await theirs.metrics());
  // On a bound, between two, above all.
  for (const value of [0, 0.001, 0.0011, 0.5, 1, 1.5, 30]) {
    observe(value);
    histogram.observe(value);
  }
  expect(await ours.metrics()).toBe(await theirs.metrics());
  expect(await ours.metrics()).toContain('took_seconds_bucket{le="1"} 5');
});
