import type { ListenSettings } from '../config/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { Admin, Router } from '../routing/api.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createAdminRpcs } from './admin-rpcs.ts';
import { createFaultLog } from './fault-log.ts';
import { openGrpcServer } from './grpc-server.ts';
import { createHealthService } from './health.ts';
import { openHttpServer, openMetricsServer } from './http-server.ts';
import type { Listener } from './listener.ts';
import type { Readiness } from './pages.ts';
import { createRouterRpcs } from './router-rpcs.ts';

export interface ListenersOptions {
  readonly settings: ListenSettings;
  readonly routing: { readonly router: Router; readonly admin: Admin };
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
  readonly readiness: () => Readiness;
}

export interface Listeners {
  readonly addresses: {
    readonly grpcAddresses: readonly string[];
    readonly httpAddress: string;
    readonly metricsAddress: string | undefined;
  };
  /** Tells health watchers, takes nothing new, lets calls finish for `graceMs`. The page for scrapers goes last. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** Opens every listener the settings name, with one set of handlers behind them. Rejects with a ListenError; none is open then. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const { settings, routing, metrics, clock, log, readiness } = options;
  const rpcs = createRouterRpcs(routing.router);
  const serving = { counter: metrics.grpc, faults: createFaultLog({ logger: log, clock }), clock };
  const health = createHealthService(metrics.grpc);
  const pages = {
    readiness,
    metrics: async () => ({ contentType: metrics.contentType, body: await metrics.exposition() }),
  };
  const open: Listener[] = [];
  const opened = async (listener: Promise<Listener>): Promise<Listener> => {
    open.push(await listener);
    return listener;
  };
  try {
    const grpc = await opened(
      openGrpcServer({ ...serving, addresses: settings.grpc, rpcs, router: routing.router, health }),
    );
    const http = await opened(
      openHttpServer({
        ...serving,
        ...pages,
        address: settings.http,
        rpcs: [...Object.values(rpcs), ...createAdminRpcs(routing.admin)],
      }),
    );
    const scraped =
      settings.metrics === undefined
        ? undefined
        : await opened(openMetricsServer({ ...serving, ...pages, address: settings.metrics }));
    health.setServing(true);
    return {
      addresses: {
        grpcAddresses: grpc.addresses,
        httpAddress: http.addresses[0] ?? '',
        metricsAddress: scraped?.addresses[0],
      },
      async close({ graceMs }) {
        health.setServing(false);
        await Promise.all([grpc.close({ graceMs }), http.close({ graceMs })]);
        await scraped?.close({ graceMs: 0 });
      },
    };
  } catch (error) {
    await Promise.all(open.map((listener) => listener.close({ graceMs: 0 })));
    throw error;
  }
}
