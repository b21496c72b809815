import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The last good catalog on disk, for a start while Postgres is away. It holds what the tables hold: references and sealed texts,
 * never a secret.
 */
export class CatalogFile {
  readonly path: string;
  #text: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** The catalog document; undefined where there is no such file, or it can't be read. */
  read(): string | undefined {
    try {
      this.#text = readFileSync(this.path, 'utf8');
      return this.#text;
    } catch {
      return undefined;
    }
  }

  /** Replaces the file whole, so that a crash leaves the former one. Rejects with the system's error. */
  async write(text: string): Promise<void> {
    if (text === this.#text) return;
    await mkdir(dirname(this.path), { recursive: true });
    const next = `${this.path}.next`;
    await writeFile(next, text, { mode: 0o600 });
    await rename(next, this.path);
    this.#text = text;
  }
}
