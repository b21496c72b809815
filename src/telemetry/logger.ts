import { type DestinationStream, destination, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import { withoutSecrets } from './redact.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Writes one line. Fields come first, the sentence after them; an error goes under `err`. */
export interface LogLine {
  (fields: Record<string, unknown>, message: string): void;
  (message: string): void;
}

/** The narrow part of pino that remora uses. */
export interface Logger {
  readonly trace: LogLine;
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
  readonly fatal: LogLine;
  /** A logger whose lines carry these fields too. */
  child(fields: Record<string, unknown>): Logger;
  /** Whether a line of this level would be written: ask before an expensive one. */
  isLevelEnabled(level: LogLevel): boolean;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Takes each line, newline included. Default: standard output. */
  readonly destination?: { write(line: string): void };
}

/**
 * A logger that writes one JSON object per line: `level` by name, `time` in ISO 8601, no pid and no host name (who collects the
 * logs of a pod adds better ones), no secret. Lines are written synchronously: none is lost at an exit or a crash, and the hot
 * path writes none at the default level.
 */
export function createLogger(options: LoggerOptions): Logger {
  const stream: DestinationStream = options.destination ?? destination({ fd: 1, sync: true });
  const root = pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: withoutSecrets,
      },
      // Errors are plain objects by then.
      serializers: { err: (value) => value },
    },
    stream,
  );
  return narrowed(root);
}

/** Pino drops the bindings formatter in a child, so what a child carries is looked through here. */
function narrowed(logger: PinoLogger): Logger {
  const at = (level: Exclude<LogLevel, 'silent'>): LogLine => logger[level].bind(logger);
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: (fields) => narrowed(logger.child(withoutSecrets(fields))),
    isLevelEnabled: (level) => logger.isLevelEnabled(level),
  };
}
