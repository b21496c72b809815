import type { WordTable } from '../word-table.ts';

/** Nothing came in time. */
export const timeout: WordTable = {
  reason: 'TIMEOUT',
  phrases: [
    'timeout',
    'timed out',
    'time-out',
    'timedout',
    'etimedout',
    'esockettimedout',
    'deadline exceeded',
    'deadline_exceeded',
    'deadlineexceeded',
    'deadline expired',
    'deadline has passed',
    'took too long',
    'taking too long',
    'time limit exceeded',
    'readtimeout',
    'connecttimeout',
    '超时',
  ],
};
