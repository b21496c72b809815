import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { AdminService } from '../../gen/remora/v1/admin_pb.ts';
import { createGrpcClient, createHttpClient, type GrpcClient } from '../../test/support/clients.ts';
import { root } from '../root.ts';

export interface ChaosSidecarOptions {
  readonly name: string;
  /** The configuration file as an object; listeners and the ledger's path are filled in. */
  readonly config: object;
  readonly env: Readonly<Record<string, string>>;
}

/** A sidecar that is killed again and again, and started on the same volume each time. */
export class ChaosSidecar {
  readonly name: string;
  readonly #directory = mkdtempSync(join(tmpdir(), 'remora-chaos-'));
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #client: GrpcClient | undefined;
  #httpAddress = '';
  #deaths = 0;

  constructor({ name, config, env }: ChaosSidecarOptions) {
    this.name = name;
    this.#env = env;
    const listen = { grpc: ['127.0.0.1:0'], http: '127.0.0.1:0' };
    const ledger = { path: join(this.#directory, 'spool.db') };
    writeFileSync(join(this.#directory, 'remora.yaml'), stringify({ listen, ledger, ...config }));
  }

  /** Undefined while it is down. */
  get client(): GrpcClient | undefined {
    return this.#client;
  }

  /** How often it was killed. */
  get deaths(): number {
    return this.#deaths;
  }

  /** Resolves once it is ready. Rejects where it ends before. */
  async start(): Promise<void> {
    const args = [join(root, 'src/main.js'), '--config', join(this.#directory, 'remora.yaml')];
    const child = spawn(process.execPath, args, {
      cwd: this.#directory,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.#env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const ready = Promise.withResolvers<{ grpc: readonly string[]; http: string }>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = line.startsWith('{') ? JSON.parse(line) : {};
      if (entry.msg === 'ready') ready.resolve(entry);
    });
    child.once('exit', () => ready.reject(new Error(`${this.name} ended before it was ready`)));
    const { grpc, http } = await ready.promise;
    this.#httpAddress = http;
    this.#client = createGrpcClient(grpc[0]!);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.#child;
    const client = this.#client;
    if (child === undefined) return;
    this.#child = undefined;
    this.#client = undefined;
    this.#deaths += 1;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    client?.close();
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://${this.#httpAddress}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length));
  }

  /** Slots in use over all accounts, as it sees them. */
  async slotsInUse(): Promise<number> {
    const { accounts } = await createHttpClient(AdminService, this.#httpAddress).listAccounts({});
    return accounts.reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  /** Ends it and removes its files. */
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
