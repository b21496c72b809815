import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../../bench/processes/free-port.ts';
import { select } from '../support/calls.ts';
import { createFleet, type FleetMember } from '../support/fleet.ts';
import { startRedisServer } from '../support/redis-server.ts';

/** Starts a sentinel that finds a master down after half a second; it alone decides. Answers its port. */
async function startSentinel(masterPort: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'remora-sentinel-'));
  const port = await freePort();
  const file = join(directory, 'sentinel.conf');
  writeFileSync(
    file,
    [
      `port ${port}`,
      `dir ${directory}`,
      `sentinel monitor main 127.0.0.1 ${masterPort} 1`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 3000',
    ].join('\n'),
  );
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  onTestFinished(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    rmSync(directory, { recursive: true, force: true });
  });
  return port;
}

it('follows a master that its sentinels replace', { timeout: 60_000 }, async () => {
  const master = await startRedisServer();
  onTestFinished(() => master.close());
  const replica = await startRedisServer(['--replicaof', '127.0.0.1', String(master.port)]);
  onTestFinished(() => replica.close());
  await vi.waitUntil(
    async () => (await replica.client().info('replication')).includes('master_link_status:up'),
    {
      timeout: 10_000,
      interval: 100,
    },
  );
  const port = await startSentinel(master.port);
  const sentinel = new Redis(port, '127.0.0.1', { protocol: 2 });
  // It may not listen yet.
  sentinel.on('error', () => undefined);
  onTestFinished(() => sentinel.disconnect());
  await vi.waitUntil(
    async () =>
      JSON.stringify(await sentinel.call('SENTINEL', 'replicas', 'main')).includes(String(replica.port)),
    { timeout: 20_000, interval: 100 },
  );
  const fleet = createFleet({
    redisUrl: `redis+sentinel://127.0.0.1:${port}/main`,
    config: {
      groups: [{ id: 'g' }],
      accounts: [{ id: 'a', platform: 'anthropic', type: 'api_key', groups: ['g'] }],
    },
  });
  const [member] = (await fleet.start(1)) as [FleetMember];
  expect((await select(member, { groupId: 'g' })).degraded).toBe(false);

  await master.signal('SIGKILL');
  await vi.waitUntil(async () => (await member.metric('remora_degraded')) === 1, {
    timeout: 5_000,
    interval: 50,
  });
  await vi.waitUntil(async () => (await member.metric('remora_degraded')) === 0, {
    timeout: 15_000,
    interval: 50,
  });
  expect((await select(member, { groupId: 'g' })).degraded).toBe(false);
  expect(await replica.client().dbsize()).toBeGreaterThan(0);
});
