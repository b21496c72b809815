import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { stringify } from 'yaml';
import { AdminService } from '../../gen/remora/v1/admin_pb.ts';
import { type App, type AppOptions, startApp } from '../../src/app.ts';
import { formatFault } from '../../src/config/fault.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createGrpcClient, createHttpClient, type GrpcClient } from './clients.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

export type AdminClient = ReturnType<typeof createHttpClient<typeof AdminService>>;

/** A whole sidecar in this process, on ports of its own and a clock moved by hand. */
export interface RunningApp {
  readonly app: App;
  readonly clock: ManualClock;
  readonly grpc: GrpcClient;
  readonly admin: AdminClient;
  readonly httpUrl: string;
  readonly unixAddress: string;
  readonly directory: string;
  /** Log lines so far, parsed. */
  readonly logs: readonly Record<string, unknown>[];
  /** The sum of a metric's series whose labels include these; 0 where it has none. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** Replaces the configuration and reloads it. */
  reload(config: object): void;
}

export interface StartOptions {
  /** The configuration file as an object; listeners and the ledger's path are filled in. */
  readonly config: object;
  readonly clock?: ManualClock;
  readonly adapters?: AppOptions['adapters'];
  readonly seed?: number;
  /** Where the ledger lies; a new directory unless given, as to a restarted sidecar. */
  readonly directory?: string;
}

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Starts a sidecar that the test's end stops, with stock clients connected to it. */
export async function startTestApp(options: StartOptions): Promise<RunningApp> {
  const clock = options.clock ?? manualClock();
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'remora-test-'));
  const file = join(directory, 'remora.yaml');
  const unixAddress = `unix:${join(directory, 'remora.sock')}`;
  const write = (config: object) =>
    writeFileSync(
      file,
      stringify({
        listen: { grpc: ['127.0.0.1:0', unixAddress], http: '127.0.0.1:0' },
        ledger: { path: join(directory, 'ledger.db') },
        ...config,
      }),
    );
  write(options.config);
  const loaded = loadConfig({ file, env: {} });
  if (!loaded.ok) throw new Error(loaded.faults.map(formatFault).join('\n'));
  const logs: Record<string, unknown>[] = [];
  const log = createLogger({
    level: 'debug',
    destination: { write: (line) => void logs.push(JSON.parse(line)) },
  });
  const app = await startApp({
    config: loaded.config,
    env: {},
    clock,
    log,
    seed: options.seed ?? 1,
    processMetrics: false,
    ...(options.adapters && { adapters: options.adapters }),
  });
  const grpc = createGrpcClient(app.grpcAddresses[0]!);
  const httpUrl = `http://${app.httpAddress}`;
  const admin = createHttpClient(AdminService, app.httpAddress);
  cleanups.push(async () => {
    grpc.close();
    const closed = app.close({ graceMs: 0 });
    // Callers that still wait are sent away: no time passes by itself here.
    clock.advance(0);
    await closed;
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  });
  return {
    app,
    clock,
    grpc,
    admin,
    httpUrl,
    unixAddress,
    directory,
    logs,
    metric: (name, labels = {}) => readMetric(httpUrl, name, labels),
    reload(config) {
      write(config);
      app.catalog.reload();
    },
  };
}

async function readMetric(
  httpUrl: string,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted.every((pair) => line.includes(pair)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
