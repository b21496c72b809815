import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { createGrpcClient, type GrpcClient } from '../support/clients.ts';
import { writeCatalog } from '../support/postgres-catalog.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { startProcess, testDirectory, writeConfig } from '../support/sidecar-process.ts';
import { until } from './spool-rig.ts';

const { selectAccount, reportResult } = RouterService.method;

const catalog = {
  groups: [{ id: 'g', rate_multiplier: 1.2, user_rates: { u: 1.7 } }],
  accounts: ['a', 'b', 'c'].map((id) => ({ id, platform: 'anthropic', type: 'api_key', groups: ['g'] })),
};

describe('a sidecar with its ledger and catalog in Postgres', () => {
  let server: PostgresServer;
  let url: string;
  let workingDirectory: string;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await server.start();
    url = server.schemaUrl();
    workingDirectory = testDirectory();
  });

  async function start(config: object = { catalog: { source: 'postgres' } }) {
    const args = ['--config', writeConfig(workingDirectory, config)];
    const sidecar = startProcess({ workingDirectory, args, env: { REMORA_DATABASE_URL: url } });
    const { grpc, httpUrl } = await sidecar.ready;
    const client = createGrpcClient(grpc[0]!);
    const page = async (path: string) => (await fetch(`${httpUrl}${path}`)).text();
    const readiness = async () => JSON.parse(await page('/readyz'));
    const spooled = async () => Number(/^remora_ledger_spooled (\d+)/m.exec(await page('/metrics'))?.[1]);
    return { sidecar, client, httpUrl, readiness, spooled };
  }

  async function putCatalog(): Promise<void> {
    const client = await server.client(url);
    await writeCatalog(client, catalog);
    await client.end();
  }

  async function bookedUsd(): Promise<number> {
    const client = await server.client(url);
    const { rows } = await client.query('SELECT coalesce(sum(cost_usd), 0)::float8 AS usd FROM usage');
    await client.end();
    return rows[0].usd;
  }

  async function serveOnce(client: GrpcClient, userId = ''): Promise<number> {
    const { outcome } = await client.unary(selectAccount, { groupId: 'g', model: 'm', userId });
    if (outcome.case !== 'selection') throw new Error(`no selection: ${outcome.case}`);
    const usage = { inputTokens: 7n, standardCost: 0.25 };
    await client.unary(reportResult, {
      leaseId: outcome.value.lease!.id,
      outcome: { case: 'success', value: {} },
      usage,
    });
    return outcome.value.rateMultiplier;
  }

  it('serves what the database holds, with the rates of its users, and books there', async () => {
    const { client, readiness, spooled } = await start();
    expect(await readiness()).toMatchObject({ ready: true, parts: { catalog: 'ok', ledger: 'ok' } });
    await putCatalog();
    await until(() =>
      serveOnce(client).then(
        () => true,
        () => false,
      ),
    );
    expect(await serveOnce(client, 'u')).toBe(1.7);
    expect(await serveOnce(client, 'v')).toBe(1.2);
    const database = await server.client(url);
    await database.query('UPDATE user_rates SET multiplier = 2');
    await until(async () => (await serveOnce(client, 'u')) === 2);
    await until(async () => (await spooled()) === 0);
    expect(await bookedUsd()).toBeGreaterThanOrEqual(1);
    client.close();
  });

  it('fails no call while Postgres is killed under load, and books every answered report to the cent', {
    timeout: 60_000,
  }, async () => {
    const { client, readiness, spooled } = await start();
    await putCatalog();
    await until(() =>
      serveOnce(client).then(
        () => true,
        () => false,
      ),
    );
    let answered = await bookedAfterDrain();
    let running = true;
    const callers = Array.from({ length: 20 }, async () => {
      while (running) {
        await serveOnce(client);
        answered += 0.25;
        await setTimeout(5);
      }
    });
    async function bookedAfterDrain(): Promise<number> {
      await until(async () => (await spooled()) === 0);
      return bookedUsd();
    }
    await setTimeout(500);
    await server.kill();
    await setTimeout(3_000);
    expect(await spooled()).toBeGreaterThan(100);
    expect(await readiness()).toMatchObject({
      ready: true,
      parts: {
        ledger: expect.stringMatching(/^\d+ bookings wait in the spool: Postgres: /),
        catalog: expect.stringMatching(/^the catalog is the one last read/),
      },
    });
    await server.start();
    await setTimeout(500);
    running = false;
    await Promise.all(callers);
    expect(await bookedAfterDrain()).toBe(answered);
    await until(async () => (await readiness()).parts.catalog === 'ok');
    client.close();
  });

  it('books what it answered before kill -9, at its next start', async () => {
    const first = await start();
    await putCatalog();
    await until(() =>
      serveOnce(first.client).then(
        () => true,
        () => false,
      ),
    );
    await server.stop();
    for (let call = 0; call < 30; call += 1) await serveOnce(first.client);
    first.sidecar.child.kill('SIGKILL');
    await first.sidecar.ended;
    first.client.close();
    const second = await start();
    expect(await second.readiness()).toMatchObject({ ready: true });
    expect(await second.spooled()).toBeGreaterThanOrEqual(30);
    await serveOnce(second.client);
    await server.start();
    await until(async () => (await second.spooled()) === 0);
    expect(await bookedUsd()).toBe(0.25 * 32);
    second.client.close();
  });

  it('is alive but not ready where Postgres was never there, and becomes ready by itself', async () => {
    await server.stop();
    const { readiness, httpUrl } = await start();
    expect(await readiness()).toMatchObject({
      ready: false,
      parts: { catalog: expect.stringMatching(/^no valid catalog was read from Postgres yet/) },
    });
    expect((await fetch(`${httpUrl}/healthz`)).status).toBe(200);
    await server.start();
    await until(async () => (await readiness()).ready === true);
  });

  it('stops within its time while Postgres is away, and keeps what it could not send', async () => {
    const { client, sidecar } = await start({ ...catalog });
    await serveOnce(client);
    await server.stop();
    await serveOnce(client);
    client.close();
    const beganMs = performance.now();
    sidecar.child.kill('SIGTERM');
    expect(await sidecar.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - beganMs).toBeLessThan(5_000);
    await server.start();
    const next = await start({ ...catalog });
    await until(async () => (await next.spooled()) === 0);
    expect(await bookedUsd()).toBe(0.5);
    next.client.close();
  });
});
