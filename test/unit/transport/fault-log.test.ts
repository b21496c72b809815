import { expect, test } from 'vitest';
import { createFaultLog } from '../../../src/transport/fault-log.ts';

test('one line a second per method, and the next one counts what was left out', () => {
  let nowMs = 1000;
  const lines: Record<string, unknown>[] = [];
  const log = createFaultLog({
    clock: { now: () => nowMs, schedule: () => ({ cancel: () => undefined }) },
    logger: { error: (fields) => void lines.push(fields) },
  });
  const error = new Error('inner');
  log.fault('SelectAccount', error);
  log.fault('SelectAccount', error);
  log.fault('SelectAccount', error);
  log.fault('ReportResult', error);
  nowMs += 1000;
  log.fault('SelectAccount', error);
  expect(lines).toEqual([
    { err: error, method: 'SelectAccount', suppressed: 0 },
    { err: error, method: 'ReportResult', suppressed: 0 },
    { err: error, method: 'SelectAccount', suppressed: 2 },
  ]);
});
