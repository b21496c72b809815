import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lease } from '../../src/ports/state-store.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { Sidecar } from '../support/redis-sidecars.ts';

const one = [{ accountId: 'a', concurrency: 1 }];

/** Callers in line at one sidecar for the account's only slot: whoever is first claims when a slot is free. */
class Line {
  readonly #sidecar: Sidecar;
  readonly #waiting = new Set<() => void>();

  constructor(sidecar: Sidecar) {
    this.#sidecar = sidecar;
    sidecar.state.onChange(() => {
      for (const wake of this.#waiting) return wake();
    });
  }

  async wait(): Promise<Lease> {
    const { state } = this.#sidecar;
    state.addWaiting('a', 1);
    try {
      for (;;) {
        const { promise: turn, resolve: wake } = Promise.withResolvers<void>();
        this.#waiting.add(wake);
        const lease = await this.#sidecar.claim(one);
        if (lease === undefined) await turn;
        this.#waiting.delete(wake);
        if (lease !== undefined) return lease;
      }
    } finally {
      state.addWaiting('a', -1);
    }
  }
}

describe('callers that wait at several sidecars', () => {
  let server: RedisServer;
  let sidecars: Sidecar[];
  beforeEach(async () => {
    server = await startRedisServer();
    const namespace = randomUUID();
    sidecars = await Promise.all([1, 2].map(() => Sidecar.open({ url: server.url, namespace })));
  });
  afterEach(async () => {
    await Promise.all(sidecars.map(({ state }) => state.close()));
    await server.close();
  });

  it('are woken by a slot that another sidecar frees, long before the next exchange', async () => {
    const [first, second] = sidecars as [Sidecar, Sidecar];
    const line = new Line(second);
    const held = (await first.claim(one))!;
    const waiting = line.wait();
    // Told to the store, so that the one who frees the slot knows to tell.
    await vi.waitUntil(async () => {
      await first.beat();
      return first.state.figures('a').waiting === 1;
    });
    await first.settle(held);
    expect((await waiting).accountId).toBe('a');
  });

  it('are served by turns: no sidecar keeps a slot among its own', async () => {
    const lines = sidecars.map((sidecar) => new Line(sidecar));
    const served = [0, 0];
    const callers = [0, 1].flatMap((index) =>
      Array.from({ length: 5 }, async () => {
        while (served[0]! + served[1]! < 400) {
          const lease = await lines[index]!.wait();
          served[index]! += 1;
          await sidecars[index]!.settle(lease);
        }
      }),
    );
    const beats = setInterval(() => void Promise.all(sidecars.map((sidecar) => sidecar.beat())), 500);
    await Promise.all(callers);
    clearInterval(beats);
    expect(Math.min(...served) / (served[0]! + served[1]!)).toBeGreaterThan(0.25);
  });
});
