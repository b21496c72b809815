import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a Redis, and answers for it when told to. */
export interface RedisProxy {
  readonly url: string;
  /** `pass`: as if it were not there; `swallow`: nothing gets through, and connections stay open; else: every command meets this error. */
  behave(how: 'pass' | 'swallow' | `-${string}`): void;
  close(): Promise<void>;
}

export async function startRedisProxy(port: number): Promise<RedisProxy> {
  let behaviour: string = 'pass';
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    upstream.on('data', (data) => {
      if (behaviour !== 'swallow') client.write(data);
    });
    client.on('data', (data) => {
      if (behaviour === 'pass') upstream.write(data);
      else if (behaviour !== 'swallow') client.write(`${behaviour}\r\n`.repeat(commandsIn(data)));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave(how) {
      behaviour = how;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Commands are lists, and none of the tests' own has one in it. */
function commandsIn(data: Buffer): number {
  return data.toString('latin1').match(/(?:^|\r\n)\*\d+\r\n/g)?.length ?? 0;
}
