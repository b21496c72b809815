import type { RequestListener } from 'node:http';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import type { Clock } from '../ports/clock.ts';
import type { FaultLog } from './fault-log.ts';
import type { ServingOptions } from './grpc-service.ts';
import { openHttpListener } from './http-listener.ts';
import type { Listener } from './listener.ts';
import { createPages, indexPage, type PagesOptions, pathOf } from './pages.ts';
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
  const paths = [...options.rpcs.map(({ method }) => method), RouterService.method.route].map(
    (method) => `/${method.parent.typeName}/${method.name}`,
  );
  const rpcPaths = new Set(paths);
  const rpcs = connectOnDemand(options);
  const pages = createPages(pagesOf(options), { '/': indexPage(paths) });
  const handler: RequestListener = (request, response) =>
    rpcPaths.has(pathOf(request)) ? rpcs(request, response) : pages(request, response);
  return openHttpListener({ address, setting: 'listen.http', handler, clock });
}

/** Connect costs 7 MB of resident memory, so it is loaded with the first RPC that comes this way; most sidecars see none. */
function connectOnDemand({ rpcs, counter, faults, clock }: HttpServerOptions): RequestListener {
  // The counters are resolved now, so that they are exported from the start.
  const counted = rpcs.map((rpc) => ({
    rpc,
    count: counter.handled(rpc.method.parent.typeName, rpc.method.name),
  }));
  let loading: Promise<RequestListener> | undefined;
  return (request, response) => {
    loading ??= import('./connect-handler.ts').then(({ createConnectHandler }) =>
      createConnectHandler({ rpcs: counted, faults, clock }),
    );
    loading.then(
      (handler) => handler(request, response),
      (error: unknown) => {
        faults.fault(pathOf(request), error);
        response.writeHead(500).end();
      },
    );
  };
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
