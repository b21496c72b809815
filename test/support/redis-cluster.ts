import { Redis } from 'ioredis';
import { vi } from 'vitest';
import { type RedisServer, startRedisServer } from './redis-server.ts';

export interface RedisCluster {
  /** Two of its nodes, as a configuration would name them. */
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  /** Which of the nodes has the keys of a namespace, by its index. */
  nodeOf(namespace: string): Promise<number>;
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
  const firstSlots = nodes.map((_, index) => Math.floor((slots * index) / nodes.length));
  for (const [index, client] of clients.entries()) {
    const end = firstSlots[index + 1] ?? slots;
    await client.call('CLUSTER', ['ADDSLOTSRANGE', firstSlots[index]!, end - 1]);
    const { port, clusterPort } = nodes[index]!;
    await first!.call('CLUSTER', ['MEET', '127.0.0.1', port, clusterPort]);
  }
  const isWhole = async (client: Redis) => {
    const info = String(await client.call('CLUSTER', ['INFO']));
    return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
  };
  await vi.waitUntil(async () => (await Promise.all(clients.map(isWhole))).every(Boolean), {
    timeout: 20_000,
  });
  for (const client of clients.slice(1)) client.disconnect();
  const hosts = nodes.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`);
  return {
    url: `redis+cluster://${hosts.join(',')}`,
    nodes,
    nodeOf: async (namespace) => {
      const slot = Number(await first!.call('CLUSTER', ['KEYSLOT', namespace]));
      return firstSlots.findLastIndex((from) => from <= slot);
    },
    close: async () => {
      first!.disconnect();
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}
