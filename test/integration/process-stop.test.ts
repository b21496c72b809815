import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { afterEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/health/v1/health_pb.ts';
import { RouterService, type SelectAccountRequestSchema } from '../../gen/remora/v1/router_pb.ts';
import { createGrpcClient, type GrpcClient } from '../support/clients.ts';
import { startProcess, testDirectory, writeConfig } from '../support/sidecar-process.ts';

const clients: GrpcClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

const { selectAccount } = RouterService.method;

/** A sidecar with one account of one slot, and a caller with a connection. */
async function startWithOneSlot() {
  const workingDirectory = testDirectory();
  const file = writeConfig(workingDirectory, {
    accounts: [{ id: 'only', platform: 'anthropic', type: 'api_key', concurrency: 1 }],
  });
  const sidecar = startProcess({ workingDirectory, args: ['--config', file] });
  const { grpc, httpUrl } = await sidecar.ready;
  const client = createGrpcClient(grpc[0]!);
  clients.push(client);
  const select = (request: MessageInitShape<typeof SelectAccountRequestSchema> = {}) =>
    client.unary(selectAccount, request);
  const metric = async (series: string) => {
    const text = await (await fetch(`${httpUrl}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length),
    );
  };
  return { sidecar, client, select, metric, file, workingDirectory, httpUrl };
}

/** Health as a watcher sees it; `until` resolves when it is told so. */
function watchHealth(client: GrpcClient) {
  const watch = client.serverStream(Health.method.watch);
  const seen: ServingStatus[] = [];
  const told = new Map<ServingStatus, () => void>();
  watch.on('data', ({ status }: { status: ServingStatus }) => {
    seen.push(status);
    told.get(status)?.();
  });
  watch.on('error', () => undefined);
  const until = (status: ServingStatus) =>
    seen.includes(status) ? Promise.resolve() : new Promise<void>((resolve) => told.set(status, resolve));
  return { seen, until };
}

describe('SIGTERM', () => {
  test('tells health watchers, lets a wait end in a selection, and ends with exit code 0', async () => {
    const { sidecar, client, select, metric } = await startWithOneSlot();
    const health = watchHealth(client);
    await health.until(ServingStatus.SERVING);
    // Its end after two seconds frees the slot.
    await select({ leaseTtl: { seconds: 2n } });
    const waiting = select({ maxWait: { seconds: 30n } });
    await expect.poll(() => metric('remora_waiting')).toBe(1);
    sidecar.child.kill('SIGTERM');
    await health.until(ServingStatus.NOT_SERVING);
    expect((await waiting).outcome.case).toBe('selection');
    expect(await sidecar.ended).toEqual({ code: 0, signal: null });
    expect(health.seen).toEqual([ServingStatus.SERVING, ServingStatus.NOT_SERVING]);
    expect(sidecar.output.stdout.trimEnd()).toMatch(/"msg":"shut down"}$/);
    expect(sidecar.output.stderr).toBe('');
  });

  test('tells callers that would wait too long, and ends within ten seconds', async () => {
    const { sidecar, select, metric } = await startWithOneSlot();
    await select();
    const told = select({ maxWait: { seconds: 30n } }).catch((error) => error);
    await expect.poll(() => metric('remora_waiting')).toBe(1);
    const asked = performance.now();
    sidecar.child.kill('SIGTERM');
    expect(await told).toMatchObject({ code: 14, details: expect.stringMatching(/shutting down/) });
    expect(await sidecar.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - asked).toBeLessThan(10_000);
  });

  test('asked for twice ends at once', async () => {
    const { sidecar, select, metric } = await startWithOneSlot();
    await select();
    const cut = select({ maxWait: { seconds: 30n } });
    cut.catch(() => undefined);
    await expect.poll(() => metric('remora_waiting')).toBe(1);
    sidecar.child.kill('SIGTERM');
    await sidecar.logged(/^shutting down/);
    sidecar.child.kill('SIGTERM');
    expect(await sidecar.ended).toEqual({ code: 1, signal: null });
    await expect(cut).rejects.toThrow();
  });

  test('with nothing going on ends at once, as SIGINT does', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { sidecar } = await startWithOneSlot();
      sidecar.child.kill(signal);
      expect(await sidecar.ended).toEqual({ code: 0, signal: null });
      expect(await sidecar.logged(/^shutting down/)).toMatchObject({ cause: signal });
    }
  });
});

describe('a reload', () => {
  const accounts = (...ids: string[]) => ({ accounts: ids.map((id) => ({ id, platform: 'anthropic' })) });

  test('comes with a changed file, by itself', async () => {
    const { sidecar, metric, workingDirectory } = await startWithOneSlot();
    writeConfig(workingDirectory, accounts('only', 'another'));
    await expect.poll(() => metric('remora_catalog_accounts'), { timeout: 10_000 }).toBe(2);
    expect(await metric('remora_catalog_reloads_total{result="success"}')).toBe(1);
    sidecar.child.kill('SIGTERM');
    expect((await sidecar.ended).code).toBe(0);
  });

  test('comes with SIGHUP, of which a file that is not valid changes nothing', async () => {
    const { sidecar, metric, select, file } = await startWithOneSlot();
    sidecar.child.kill('SIGHUP');
    await expect.poll(() => metric('remora_catalog_reloads_total{result="unchanged"}')).toBe(1);
    writeFileSync(file, stringify({ accounts: [{ id: 'only' }] }));
    sidecar.child.kill('SIGHUP');
    expect(await sidecar.logged(/accounts\[0\]\.platform: is missing/)).toMatchObject({ level: 'error' });
    await expect
      .poll(() => metric('remora_catalog_reloads_total{result="failure"}'))
      .toBeGreaterThanOrEqual(1);
    expect(await metric('remora_catalog_accounts')).toBe(1);
    expect((await select()).outcome.case).toBe('selection');
  });
});

describe('npm start', () => {
  const repository = join(import.meta.dirname, '../..');

  /** As from a shell in the repository; its output closes when no process of it is left. */
  async function npmStart() {
    const config = writeConfig(testDirectory());
    const sidecar = startProcess({
      workingDirectory: repository,
      command: ['npm', 'start', '--', '--config', config],
    });
    const { ready, httpUrl } = await sidecar.ready;
    return { sidecar, config, ready, httpUrl };
  }

  test('passes arguments on, and ends the server when it is told to end', async () => {
    const { sidecar, config, httpUrl } = await npmStart();
    expect(await sidecar.logged('configuration in force')).toMatchObject({ file: config });
    sidecar.child.kill('SIGTERM');
    await sidecar.ended;
    expect(await sidecar.logged('shut down')).toBeDefined();
    await expect(fetch(httpUrl)).rejects.toThrow();
  });

  test('that is killed leaves no server behind', async () => {
    const { sidecar, httpUrl } = await npmStart();
    sidecar.child.kill('SIGKILL');
    await once(sidecar.child, 'exit');
    await sidecar.ended;
    expect(await sidecar.logged('shut down')).toBeDefined();
    await expect(fetch(httpUrl)).rejects.toThrow();
  });
});
