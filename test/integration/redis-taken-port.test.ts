import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { freePort } from '../../bench/processes/free-port.ts';
import { startRedisServer } from '../support/redis-server.ts';

vi.mock(import('../../bench/processes/free-port.ts'), { spy: true });

test.each(['port', 'clusterPort'])(
  'a Redis whose %s another server took first starts on another',
  async (kind) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = (other.address() as { port: number }).port;
    if (kind === 'clusterPort') vi.mocked(freePort).mockResolvedValueOnce(await freePort());
    vi.mocked(freePort).mockResolvedValueOnce(taken);

    const redis = await startRedisServer(['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf']);

    expect(await redis.client().ping()).toBe('PONG');
    expect([redis.port, redis.clusterPort]).not.toContain(taken);
    await redis.close();
    other.close();
  },
);
