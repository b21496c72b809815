import { Redis } from 'ioredis';
import { vi } from 'vitest';
import { type RedisServer, startRedisServer } from './redis-server.ts';

export interface RedisCluster {
  /** Two of its nodes, as a configuration would name them. */
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  close(): Promise<void>;
}

const slots = 16_384;

/** Three masters that share the slots evenly. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const args = [
    '--cluster-enabled',
    'yes',
    '--cluster-config-file',
    'nodes.conf',
    '--cluster-node-timeout',
    '1000',
  ];
  const nodes = await Promise.all([1, 2, 3].map(() => startRedisServer(args)));
  const clients = nodes.map(({ port }) => new Redis(port, '127.0.0.1', { protocol: 2 }));
  const [first] = clients;
  for (const [index, client] of clients.entries()) {
    const from = Math.floor((slots * index) / nodes.length);
    const to = Math.floor((slots * (index + 1)) / nodes.length) - 1;
    await client.call('CLUSTER', ['ADDSLOTSRANGE', from, to]);
    await first!.call('CLUSTER', ['MEET', '127.0.0.1', nodes[index]!.port]);
  }
  const isWhole = async (client: Redis) => {
    const info = String(await client.call('CLUSTER', ['INFO']));
    return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
  };
  await vi.waitUntil(async () => (await Promise.all(clients.map(isWhole))).every(Boolean), {
    timeout: 20_000,
  });
  for (const client of clients) client.disconnect();
  const hosts = nodes.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`);
  return {
    url: `redis+cluster://${hosts.join(',')}`,
    nodes,
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}
