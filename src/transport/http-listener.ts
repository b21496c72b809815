import type { RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '../ports/clock.ts';
import { type BindOptions, bind } from './listen.ts';
import type { Listener } from './listener.ts';

// By name: an import would read all that the module exports, and load a whole client (fetch's) for it, 45 ms of a start.
const { createServer } = process.getBuiltinModule('node:http');

export interface HttpListenerOptions extends BindOptions {
  readonly handler: RequestListener;
  readonly clock: Clock;
}

/** Whoever sends slower than this holds a connection for nothing. An answer may take as long as it takes: callers wait in queues. */
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
} as const;

/** Opens an HTTP/1.1 listener. Rejects with a ListenError. */
export async function openHttpListener({ handler, clock, ...where }: HttpListenerOptions): Promise<Listener> {
  const open = new Set<ServerResponse>();
  let draining = false;
  const server = createServer({ ...timeouts, noDelay: true }, (request, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    if (draining) response.shouldKeepAlive = false;
    handler(request, response);
  });
  const address = await bind(server, where);

  function close(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      draining = true;
      for (const response of open) response.shouldKeepAlive = false;
      const cut = clock.schedule(graceMs, () => server.closeAllConnections());
      server.close(() => {
        cut.cancel();
        resolve();
      });
    });
  }
  let closing: Promise<void> | undefined;
  return {
    addresses: [address],
    close({ graceMs }) {
      closing ??= close(graceMs);
      return closing;
    },
  };
}
