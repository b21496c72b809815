import { idleRss } from './idle-rss.ts';
import { rateSingleflight } from './rate-singleflight.ts';
import { readyMs } from './ready-ms.ts';
import { redisCommands } from './redis-commands.ts';
import { redisSelect } from './redis-select.ts';
import { routeVsUnary } from './route-vs-unary.ts';
import type { Row } from './row.ts';
import { rssAfter } from './rss-after.ts';
import { scaleAccounts } from './scale-accounts.ts';
import { selectReportUnary } from './select-report-unary.ts';
import { unaryLatency } from './unary-latency.ts';

/** Every row, in the order of the table. */
export const rows: readonly Row[] = [
  selectReportUnary,
  unaryLatency,
  redisSelect,
  redisCommands,
  routeVsUnary,
  scaleAccounts,
  rateSingleflight,
  readyMs,
  idleRss,
  rssAfter,
];
