import { type App, startApp } from './app.ts';
import { describeSettings } from './config/describe.ts';
import type { Environment } from './config/environment.ts';
import { formatFault } from './config/fault.ts';
import { type LoadedConfig, loadConfig } from './config/load.ts';
import type { LocatedConfig } from './config/locate.ts';
import { collectWhenIdle } from './idle-collection.ts';
import { onParentGone } from './parent.ts';
import { systemClock } from './ports/clock.ts';
import { LedgerError } from './ports/ledger.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';
import { ListenError } from './transport/listen.ts';

// By name: an import would read all that the module exports, and load WebCrypto for it, 10 ms of a start.
const { randomInt } = process.getBuiltinModule('node:crypto');

/** How long calls may take to finish once a shutdown is asked for; with what follows it stays within a pod's 10 s. */
const graceMs = 8_000;

/** Serves until SIGTERM or SIGINT, then drains and exits with 0. What keeps it from starting is one line, and exit code 1. */
export async function serve(located: LocatedConfig, env: Environment): Promise<void> {
  const loaded = loadConfig({ file: located.file, env });
  if (!loaded.ok) {
    for (const fault of loaded.faults) process.stderr.write(`remora: ${formatFault(fault)}\n`);
    process.exitCode = 1;
    return;
  }
  const { config } = loaded;
  const log = createLogger({ level: config.settings.logLevel });
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'a fault nobody caught; the process ends, what was answered is on disk');
    process.exit(1);
  });
  try {
    const app = await startApp({ config, env, clock: systemClock, log, seed: randomInt(2 ** 32) });
    // Before anybody is told that it is ready: who reads that may send a signal at once.
    handleSignals(log, app, env);
    logStart(log, located, config, app);
    collectWhenIdle({ clock: systemClock });
  } catch (error) {
    if (!(error instanceof ListenError) && !(error instanceof LedgerError)) throw error;
    process.stderr.write(`remora: ${error.message}\n`);
    process.exitCode = 1;
  }
}

function logStart(log: Logger, located: LocatedConfig, config: LoadedConfig, app: App): void {
  if (located.by === 'example')
    log.warn(
      { file: located.file },
      'no configuration named and no ./remora.yaml: serving the example that ships',
    );
  log.info(
    { file: located.file, settings: describeSettings(config.settings, app.catalog.holder.current()) },
    'configuration in force',
  );
  log.info(
    {
      grpc: app.grpcAddresses,
      http: app.httpAddress,
      ...(app.metricsAddress !== undefined && { metrics: app.metricsAddress }),
      readyMs: Math.round(performance.now()),
    },
    'ready',
  );
}

function handleSignals(log: Logger, app: App, env: Environment): void {
  process.on('SIGHUP', () => void app.catalog.reload());
  let asked = false;
  const shutDown = async (cause: string): Promise<void> => {
    if (asked) {
      log.warn({ cause }, 'asked to stop again: not waiting any longer');
      process.exit(1);
    }
    asked = true;
    log.info({ cause }, 'shutting down: calls in flight finish');
    await app.close({ graceMs });
    log.info('shut down');
    process.exit(0);
  };
  process.on('SIGTERM', shutDown);
  process.on('SIGINT', shutDown);
  if (env.npm_lifecycle_event === 'start') onParentGone(() => void shutDown('npm ended'));
}
