import type { Logger } from '../../../src/telemetry/logger.ts';

/** A log whose warnings are kept. */
export function keptLog(): { readonly log: Pick<Logger, 'warn'>; readonly lines: unknown[][] } {
  const lines: unknown[][] = [];
  return { log: { warn: (...line: unknown[]) => void lines.push(line) }, lines };
}
