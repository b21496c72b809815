import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A cluster's nodes talk on a port 10,000 further up, so the highest ports are left out. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    if (port <= 55_535) return port;
  }
}
