import { type CredentialReading, type CredentialSource, Secret } from '../catalog/credential.ts';
import type { Environment } from './environment.ts';
import { readTextFile } from './read-file.ts';

/** A secret is a line or a key file; anything beyond this is a wrong path. */
const maxSecretBytes = 64 * 1024;

/**
 * Reads credentials where they are declared to be. Environment variables are read as the process was started; a file is read once
 * and again at `refresh`, so that building a catalog anew costs no I/O.
 */
export class CredentialReader {
  readonly #env: Environment;
  #files = new Map<string, CredentialReading>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /** Bound, so that it can be handed on as it is. */
  readonly read = (source: CredentialSource): CredentialReading => {
    if (source.kind === 'value') return { secret: source.secret };
    if (source.kind === 'env') return this.#readVariable(source.name);
    let reading = this.#files.get(source.path);
    if (reading === undefined) {
      reading = readSecretFile(source.path);
      this.#files.set(source.path, reading);
    }
    return reading;
  };

  /** Reads every known file again and tells whether any now reads otherwise. */
  refresh(): boolean {
    let changed = false;
    for (const [path, before] of this.#files) {
      const reading = readSecretFile(path);
      if (sameReading(before, reading)) continue;
      this.#files.set(path, reading);
      changed = true;
    }
    return changed;
  }

  /** Forgets the files that are no longer declared. */
  keepOnly(paths: ReadonlySet<string>): void {
    this.#files = new Map([...this.#files].filter(([path]) => paths.has(path)));
  }

  #readVariable(name: string): CredentialReading {
    const text = this.#env[name];
    if (text === undefined) return { problem: `environment variable ${name} is not set` };
    return text.trim() === ''
      ? { problem: `environment variable ${name} is empty` }
      : { secret: new Secret(text) };
  }
}

function readSecretFile(path: string): CredentialReading {
  const reading = readTextFile(path, maxSecretBytes);
  if ('problem' in reading) return { problem: `${path} ${reading.problem}` };
  // Editors and `echo` end a file with a newline that is no part of the secret.
  const text = reading.text.replace(/[\r\n]+$/, '');
  return text.trim() === '' ? { problem: `${path} is empty` } : { secret: new Secret(text) };
}

function sameReading(a: CredentialReading, b: CredentialReading): boolean {
  if ('secret' in a) return 'secret' in b && a.secret.reveal() === b.secret.reveal();
  return 'problem' in b && a.problem === b.problem;
}
