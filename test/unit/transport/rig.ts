import { onTestFinished } from 'vitest';
import type { Account } from '../../../src/catalog/account.ts';
import { type Clock, systemClock } from '../../../src/ports/clock.ts';
import type {
  Admin,
  Refusal,
  Router,
  Selection,
  SelectOutcome,
  SelectRequest,
} from '../../../src/routing/api.ts';
import { createAdminRpcs } from '../../../src/transport/admin-rpcs.ts';
import { openGrpcServer } from '../../../src/transport/grpc-server.ts';
import { createHealthService, type HealthService } from '../../../src/transport/health.ts';
import { openHttpServer } from '../../../src/transport/http-server.ts';
import type { Listener } from '../../../src/transport/listener.ts';
import type { Readiness } from '../../../src/transport/pages.ts';
import { createRouterRpcs } from '../../../src/transport/router-rpcs.ts';
import { createGrpcClient, type GrpcClient } from '../../support/clients.ts';

/** What a test's script leaves out must not be called. */
function unscripted(name: string): () => never {
  return () => {
    throw new Error(`${name} is not scripted`);
  };
}

export function scriptedRouter(script: Partial<Router>): Router {
  return {
    select: unscripted('select'),
    report: unscripted('report'),
    renew: unscripted('renew'),
    listModels: unscripted('listModels'),
    abandon: unscripted('abandon'),
    ...script,
  };
}

export function scriptedAdmin(script: Partial<Admin>): Admin {
  return {
    explain: unscripted('explain'),
    listAccounts: unscripted('listAccounts'),
    setSchedulable: unscripted('setSchedulable'),
    clearCooldowns: unscripted('clearCooldowns'),
    unbindSessions: unscripted('unbindSessions'),
    invalidateModels: unscripted('invalidateModels'),
    invalidateUserRates: unscripted('invalidateUserRates'),
    ...script,
  };
}

export const account: Account = {
  id: 'acct-1',
  name: 'First',
  platform: 'anthropic',
  type: 'oauth',
  tier: 0,
  groupIds: ['team'],
  status: 'active',
  statusReason: '',
  schedulable: true,
  priority: 50,
  concurrency: 4,
  loadFactor: 4,
  models: { unrestricted: true, names: [], hasPatterns: false, upstreamOf: (model) => model },
  mixedScheduling: false,
  baseUrl: 'https://upstream.example',
  proxyUrl: '',
  labels: { region: 'eu' },
  limits: {
    windowCost: 0,
    windowCostStickyReserve: 10,
    rpm: 0,
    rpmStrategy: 'tiered',
    rpmStickyBuffer: 0,
    sessions: 0,
    sessionIdleMs: 300_000,
    quota: { daily: 0, weekly: 0, total: 0 },
  },
};

export const expiresAtMs = Date.UTC(2030, 0, 1);

export function selected(
  leaseId = 'lease-1',
  more: Partial<Selection> = {},
): SelectOutcome & { kind: 'selection' } {
  return {
    kind: 'selection',
    replayed: false,
    selection: {
      account,
      upstreamModel: 'claude-opus-4',
      lease: { id: leaseId, expiresAtMs },
      rateMultiplier: 1.7,
      sticky: 'BOUND',
      attempt: 1,
      attempts: [],
      degraded: false,
      credential: '',
      ...more,
    },
  };
}

export function refused(refusal: Refusal): { kind: 'refused'; refusal: Refusal } {
  return { kind: 'refused', refusal };
}

/** Answers every select with a lease of its own, named after the request. */
export async function selectByName(request: SelectRequest): Promise<SelectOutcome> {
  return selected(`lease-of-${request.requestId}`);
}

export interface RigOptions {
  readonly router?: Partial<Router>;
  readonly admin?: Partial<Admin>;
  readonly clock?: Clock;
  /** Default: one TCP port of the loopback. */
  readonly grpcAddresses?: readonly string[];
  readonly readiness?: () => Readiness;
  readonly metrics?: () => Promise<{ contentType: string; body: string }>;
}

export interface Rig {
  readonly grpc: Listener;
  readonly http: Listener;
  readonly health: HealthService;
  /** A client of the first gRPC address. */
  readonly client: GrpcClient;
  readonly httpUrl: string;
  /** `Service/Method code` of each finished call. */
  readonly handled: string[];
  readonly faults: { method: string; error: unknown }[];
  /** A further client, closed with the test. */
  connect(address?: string): GrpcClient;
}

/** Both listeners over a scripted router, gone when the test is. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const handled: string[] = [];
  const faults: Rig['faults'] = [];
  const counter = {
    handled: (service: string, method: string) => (code: number) => {
      handled.push(`${service}/${method} ${code}`);
    },
  };
  const clock = options.clock ?? systemClock;
  const serving = {
    counter,
    clock,
    faults: { fault: (method: string, error: unknown) => void faults.push({ method, error }) },
  };
  const router = scriptedRouter(options.router ?? {});
  const rpcs = createRouterRpcs(router);
  const health = createHealthService(counter);
  const grpc = await openGrpcServer({
    ...serving,
    addresses: options.grpcAddresses ?? ['127.0.0.1:0'],
    rpcs,
    router,
    health,
  });
  onTestFinished(() => grpc.close({ graceMs: 0 }));
  const http = await openHttpServer({
    ...serving,
    address: '127.0.0.1:0',
    rpcs: [...Object.values(rpcs), ...createAdminRpcs(scriptedAdmin(options.admin ?? {}))],
    metrics: options.metrics ?? (async () => ({ contentType: 'text/plain', body: 'remora_up 1\n' })),
    readiness: options.readiness ?? (() => ({ ready: true, parts: {} })),
  });
  onTestFinished(() => http.close({ graceMs: 0 }));
  const connect = (address = grpc.addresses[0]!): GrpcClient => {
    const client = createGrpcClient(address);
    onTestFinished(() => client.close());
    return client;
  };
  return {
    grpc,
    http,
    health,
    client: connect(),
    httpUrl: `http://${http.addresses[0]}`,
    handled,
    faults,
    connect,
  };
}

/** Resolves once the condition holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
