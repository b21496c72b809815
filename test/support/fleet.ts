import { randomUUID } from 'node:crypto';
import { afterEach } from 'vitest';
import { AdminService } from '../../gen/remora/v1/admin_pb.ts';
import { createGrpcClient, createHttpClient, type GrpcClient } from './clients.ts';
import { readSeries } from './metric-deltas.ts';
import { type SidecarProcess, startProcess, testDirectory, writeConfig } from './sidecar-process.ts';
import type { AdminClient } from './start-app.ts';

/** One sidecar of a fleet: a process of its own, with a volume that outlives it. */
export interface FleetMember {
  readonly grpc: GrpcClient;
  readonly admin: AdminClient;
  readonly httpUrl: string;
  readonly process: SidecarProcess;
  /** The value of a metric's series, labels included in the name; 0 where there is none. */
  metric(series: string): Promise<number>;
  readiness(): Promise<Readiness>;
  /** kill -9. */
  kill(): Promise<void>;
}

export interface Readiness {
  readonly status: number;
  readonly ready: boolean;
  readonly parts: Readonly<Record<string, string>>;
}

export interface FleetOptions {
  readonly redisUrl?: string;
  readonly databaseUrl?: string;
  /** The configuration file as an object; listeners, the ledger's path and the namespace are filled in. */
  readonly config: object;
  /** Further keys of the configuration's section `state`. */
  readonly state?: object;
}

/** What starts sidecars that share their stores. */
export interface Fleet {
  /** Starts so many at once. */
  start(count: number): Promise<FleetMember[]>;
  /** Starts one on the volume of another that is gone. */
  restart(member: FleetMember): Promise<FleetMember>;
}

const clients: GrpcClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** A fleet in a namespace of its own. The test's end kills its sidecars. */
export function createFleet({ redisUrl, databaseUrl, config, state = {} }: FleetOptions): Fleet {
  const namespace = randomUUID();
  const directories = new Map<FleetMember, string>();
  const env = {
    REMORA_NAMESPACE: namespace,
    ...(redisUrl !== undefined && { REMORA_REDIS_URL: redisUrl }),
    ...(databaseUrl !== undefined && { REMORA_DATABASE_URL: databaseUrl }),
  };
  async function launch(directory: string): Promise<FleetMember> {
    // A busy machine must not pass for an outage; tests of outages say what they want.
    const file = writeConfig(directory, { state: { timeout: '1s', ...state }, ...config });
    const process = startProcess({ args: ['--config', file], env, workingDirectory: directory });
    const { grpc: addresses, httpUrl } = await process.ready;
    const grpc = createGrpcClient(addresses[0]!);
    clients.push(grpc);
    const member: FleetMember = {
      ...{ grpc, httpUrl, process },
      admin: createHttpClient(AdminService, new URL(httpUrl).host),
      metric: async (series) => (await readSeries(httpUrl)).get(series) ?? 0,
      async readiness() {
        const response = await fetch(`${httpUrl}/readyz`);
        return { status: response.status, ...((await response.json()) as Omit<Readiness, 'status'>) };
      },
      async kill() {
        process.child.kill('SIGKILL');
        await process.ended;
      },
    };
    directories.set(member, directory);
    return member;
  }
  return {
    start: (count) => Promise.all(Array.from({ length: count }, () => launch(testDirectory()))),
    restart: (member) => launch(directories.get(member)!),
  };
}
