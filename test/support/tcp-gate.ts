import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be blocked: what lies between two machines, for tests of what happens when it breaks. */
export interface TcpGate {
  readonly port: number;
  /** Lets nothing through any more, in either direction, and tells nobody: as a cable that is cut. */
  block(): void;
  /** Lets through what was held back, and everything after it. */
  open(): void;
  /** Breaks the connections there are. New ones are let through. */
  reset(): void;
  close(): Promise<void>;
}

/** Opens a gate on a free port of this machine, in front of another port of it. */
export async function openTcpGate(toPort: number): Promise<TcpGate> {
  const pairs = new Set<readonly [near: Socket, far: Socket]>();
  let blocked = false;
  const pass = (from: Socket, to: Socket): void => {
    if (blocked) from.unpipe(to).pause();
    else from.pipe(to);
  };
  const passAll = (): void => {
    for (const [near, far] of pairs) {
      pass(near, far);
      pass(far, near);
    }
  };
  const reset = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  const server = createServer((near) => {
    const far = connect(toPort, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', () => to.destroy());
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
      pass(from, to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    block() {
      blocked = true;
      passAll();
    },
    open() {
      blocked = false;
      passAll();
    },
    reset,
    async close() {
      reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
