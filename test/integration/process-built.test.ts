import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { build } from '../../scripts/build.ts';
import { createGrpcClient, type GrpcClient } from '../support/clients.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { openReflection } from '../support/reflection.ts';
import { startProcess, testDirectory, writeConfig } from '../support/sidecar-process.ts';
import { until } from './spool-rig.ts';

const { selectAccount, reportResult } = RouterService.method;

const root = join(import.meta.dirname, '../..');

/** What an image holds. */
let image: string;

beforeAll(async () => {
  image = mkdtempSync(join(tmpdir(), 'remora-image-'));
  for (const part of ['src', 'examples', 'package.json'])
    cpSync(join(root, part), join(image, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(image, 'node_modules'));
  await build({ directory: join(image, 'dist'), besides: image });
});

afterAll(() => rmSync(image, { recursive: true, force: true }));

function start(args: readonly string[], env: Readonly<Record<string, string>>) {
  return startProcess({
    workingDirectory: testDirectory(),
    command: [process.execPath, join(image, 'dist/main.js'), ...args],
    env,
  });
}

async function serveOnce(client: GrpcClient, groupId: string, model: string): Promise<void> {
  const { outcome } = await client.unary(selectAccount, { groupId, model });
  if (outcome.case !== 'selection') throw new Error(`no selection: ${outcome.case}`);
  const { duplicate } = await client.unary(reportResult, {
    leaseId: outcome.value.lease!.id,
    outcome: { case: 'success', value: {} },
    usage: { inputTokens: 7n, standardCost: 0.25 },
  });
  expect(duplicate).toBe(false);
}

function startExample() {
  const address = '127.0.0.1:0';
  return start([], { REMORA_GRPC_LISTEN: address, REMORA_HTTP_LISTEN: address });
}

test('what is built serves the example, by gRPC and by HTTP, and all metrics', async () => {
  const sidecar = startExample();
  const { grpc, httpUrl } = await sidecar.ready;
  const client = createGrpcClient(grpc[0]!);
  await serveOnce(client, 'default', 'claude-sonnet-4-5');
  client.close();
  const answer = await fetch(`${httpUrl}/remora.v1.RouterService/ListModels`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ groupId: 'default' }),
  });
  expect(await answer.json()).toMatchObject({ models: expect.arrayContaining([expect.anything()]) });
  const metrics = await (await fetch(`${httpUrl}/metrics`)).text();
  expect(metrics).toMatch(/^remora_selections_total\{.*\} 1$/m);
  expect(metrics).toMatch(/^process_cpu_seconds_total \d/m);
  sidecar.child.kill('SIGTERM');
  expect(await sidecar.ended).toEqual({ code: 0, signal: null });
});

test('what is built describes its services to whoever asks', async () => {
  const { grpc } = await startExample().ready;
  const ask = openReflection(grpc[0]!, 'v1');
  const answer = await ask({ fileContainingSymbol: 'remora.v1.RouterService' });
  expect(answer).toHaveProperty('fileDescriptorResponse');
});

test('what is built keeps its state in Redis and books in Postgres', async () => {
  const [redis, postgres] = await Promise.all([startRedisServer(), startPostgres()]);
  try {
    const config = writeConfig(testDirectory(), {
      state: { namespace: randomUUID() },
      groups: [{ id: 'g' }],
      accounts: [{ id: 'a', platform: 'anthropic', type: 'api_key', groups: ['g'], concurrency: 2 }],
    });
    const url = postgres.schemaUrl();
    const sidecar = start(['--config', config], {
      REMORA_REDIS_URL: redis.url,
      REMORA_DATABASE_URL: url,
    });
    const { grpc, httpUrl } = await sidecar.ready;
    const readiness = await (await fetch(`${httpUrl}/readyz`)).json();
    expect(readiness).toMatchObject({ ready: true, parts: { ledger: 'ok', state: 'ok' } });
    const client = createGrpcClient(grpc[0]!);
    await serveOnce(client, 'g', 'm');
    client.close();
    const database = await postgres.client(url);
    await until(async () => {
      const { rows } = await database.query("SELECT to_regclass('usage') AS name");
      return rows[0].name !== null && (await database.query('SELECT FROM usage')).rowCount === 1;
    });
    await database.end();
  } finally {
    await Promise.all([redis.close(), postgres.close()]);
  }
});
