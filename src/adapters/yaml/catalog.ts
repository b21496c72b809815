import { resolve } from 'node:path';
import { buildCatalog } from '../../catalog/build.ts';
import type { Catalog, CatalogHolder } from '../../catalog/catalog.ts';
import { credentialChanges } from '../../catalog/credential-changes.ts';
import type { CatalogDeclaration } from '../../catalog/declaration.ts';
import { createCatalogHolder, type ReplaceableCatalogHolder } from '../../catalog/holder.ts';
import { CredentialReader } from '../../config/credentials.ts';
import type { Environment } from '../../config/environment.ts';
import { type Fault, formatFault } from '../../config/fault.ts';
import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import { readConfigFile } from '../../config/read-file.ts';
import type { CatalogSource, ReloadResult } from '../../ports/catalog-source.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Health } from '../../ports/health.ts';
import { restartNeededFor } from './restart-needed.ts';
import { FileWatch } from './watch.ts';

type LogLine = (fields: Record<string, unknown>, message: string) => void;

export interface YamlCatalogOptions {
  /** As the process was started with it: its settings stay in force, its catalog until a reload. */
  readonly config: LoadedConfig;
  readonly env: Environment;
  readonly clock: Clock;
  readonly log: { readonly info: LogLine; readonly warn: LogLine; readonly error: LogLine };
  /** Runs after each reload, for the count of them. Faults where it failed. */
  readonly onReload?: (result: ReloadResult, faults: readonly Fault[]) => void;
}

/** The configuration file: looked at this often without an event, in ms. */
const configPollMs = 5_000;

/** Secret files: there may be thousands, and their directories send events. */
const credentialPollMs = 30_000;

/**
 * The catalog of a YAML file. It is replaced whole when the file or a secret file changes; a file that does not validate changes
 * nothing. Only groups, accounts, models and prices are taken from a changed file.
 */
export class YamlCatalog implements CatalogSource {
  readonly holder: CatalogHolder;
  readonly #options: YamlCatalogOptions;
  readonly #holder: ReplaceableCatalogHolder;
  readonly #credentials: CredentialReader;
  readonly #configWatch: FileWatch;
  readonly #credentialWatch: FileWatch;
  #declaration: CatalogDeclaration;
  #text: string;

  /** Reads the credentials. Accounts whose credential can't be read are logged as errors and are out of service. */
  constructor(options: YamlCatalogOptions) {
    const { config, env, clock } = options;
    this.#options = options;
    this.#credentials = new CredentialReader(env);
    this.#declaration = config.declaration;
    this.#text = config.text;
    this.#configWatch = new FileWatch({ clock, pollMs: configPollMs, onChange: () => void this.reload() });
    this.#credentialWatch = new FileWatch({
      clock,
      pollMs: credentialPollMs,
      onChange: () => this.#refreshCredentials(),
    });
    // Before they are read: what changes in between is seen as a change.
    this.#credentialWatch.watch(credentialFiles(config.declaration));
    const catalog = this.#build(1);
    this.#holder = createCatalogHolder(catalog);
    this.holder = this.#holder;
    this.#tellOfCredentials(undefined, catalog);
  }

  /** Follows the file from now on. What changed since it was loaded is taken in at once. */
  start(): void {
    this.#configWatch.watch([resolve(this.#options.config.file)]);
    // Its text alone: reading it as YAML again would take as long as all else that is done before the first call.
    const read = readConfigFile(resolve(this.#options.config.file));
    if ('problem' in read || read.text !== this.#text) this.reload();
  }

  close(): void {
    this.#configWatch.close();
    this.#credentialWatch.close();
  }

  /** A sidecar does not start without a valid file, so there is always a catalog. */
  health(): Health {
    return { ok: true };
  }

  /** Reads the file and the secret files again, whether they changed or not. */
  reload(): ReloadResult {
    const loaded = loadConfig(this.#loadOptions());
    if (!loaded.ok) return this.#refuse(loaded.faults);
    const { config } = loaded;
    const restart = restartNeededFor(this.#options.config.settings, config.settings);
    if (restart.length > 0) {
      this.#options.log.warn(
        { keys: restart },
        `a restart is needed for what changed in ${restart.join(', ')}`,
      );
    }
    if (config.text === this.#text) {
      this.#refreshCredentials();
      return this.#done('unchanged', []);
    }
    this.#text = config.text;
    this.#declaration = config.declaration;
    const files = credentialFiles(config.declaration);
    this.#credentials.keepOnly(new Set(files));
    this.#credentialWatch.watch(files);
    this.#credentials.refresh();
    const catalog = this.#replace();
    this.#options.log.info(
      { version: catalog.version, groups: catalog.groups.size, accounts: catalog.accounts.size },
      'catalog reloaded',
    );
    return this.#done('success', []);
  }

  #refuse(faults: readonly Fault[]): ReloadResult {
    const { log } = this.#options;
    for (const fault of faults) log.error({ path: fault.path, line: fault.line }, formatFault(fault));
    log.error(
      { faults: faults.length },
      'the changed configuration is not valid: the catalog stays as it was',
    );
    return this.#done('failure', faults);
  }

  #done(result: ReloadResult, faults: readonly Fault[]): ReloadResult {
    this.#options.onReload?.(result, faults);
    return result;
  }

  #refreshCredentials(): void {
    if (this.#credentials.refresh()) this.#replace();
  }

  #replace(): Catalog {
    const before = this.#holder.current();
    const after = this.#build(before.version + 1);
    this.#tellOfCredentials(before, after);
    this.#holder.replace(after);
    return after;
  }

  #build(version: number): Catalog {
    return buildCatalog(this.#declaration, { version, readCredential: this.#credentials.read });
  }

  #tellOfCredentials(before: Catalog | undefined, after: Catalog): void {
    const { log } = this.#options;
    for (const { accountId, reason } of credentialChanges(before, after)) {
      if (reason === '')
        log.info({ account: accountId }, 'the account is back in service: its credential can be read');
      else log.error({ account: accountId, reason }, `the account is out of service: ${reason}`);
    }
  }

  #loadOptions() {
    return { file: this.#options.config.file, env: this.#options.env };
  }
}

function credentialFiles(declaration: CatalogDeclaration): readonly string[] {
  return declaration.accounts.flatMap(({ credentials }) =>
    credentials.flatMap((source) => (source.kind === 'file' ? [source.path] : [])),
  );
}
