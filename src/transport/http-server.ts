import type { Clock } from '../ports/clock.ts';
import { createConnectHandler } from './connect-handler.ts';
import { connectRoutes } from './connect-routes.ts';
import type { FaultLog } from './fault-log.ts';
import type { ServingOptions } from './grpc-service.ts';
import { openHttpListener } from './http-listener.ts';
import type { Listener } from './listener.ts';
import { createPages, indexPage, type PagesOptions } from './pages.ts';
import type { AnyUnaryRpc } from './rpc.ts';

export interface HttpServerOptions extends ServingOptions, Omit<PagesOptions, 'onFault'> {
  /** `host:port` or `unix:/path`. */
  readonly address: string;
  /** RouterService's and AdminService's. */
  readonly rpcs: readonly AnyUnaryRpc[];
}

/** Opens the listener for people, browsers and curl: the RPCs over Connect, gRPC-Web and JSON, and the pages beside them. */
export function openHttpServer(options: HttpServerOptions): Promise<Listener> {
  const { address, clock } = options;
  const paths = options.rpcs.map(({ method }) => `/${method.parent.typeName}/${method.name}`);
  const handler = createConnectHandler({
    routes: connectRoutes(options),
    fallback: createPages(pagesOf(options), { '/': indexPage(paths) }),
    faults: options.faults,
  });
  return openHttpListener({ address, setting: 'listen.http', handler, clock });
}

export interface MetricsServerOptions extends Omit<PagesOptions, 'onFault'> {
  readonly address: string;
  readonly faults: FaultLog;
  readonly clock: Clock;
}

/** Opens the listener for a scraper and a kubelet that come from outside the pod: /metrics, /healthz and /readyz alone. */
export function openMetricsServer(options: MetricsServerOptions): Promise<Listener> {
  const { address, clock } = options;
  return openHttpListener({
    address,
    setting: 'listen.metrics',
    handler: createPages(pagesOf(options)),
    clock,
  });
}

function pagesOf(options: Pick<MetricsServerOptions, 'metrics' | 'readiness' | 'faults'>): PagesOptions {
  return {
    metrics: options.metrics,
    readiness: options.readiness,
    onFault: (page, error) => options.faults.fault(page, error),
  };
}
