import type { CredentialReading, CredentialSource, ReadCredential } from '../../catalog/credential.ts';
import type { CatalogDeclaration } from '../../catalog/declaration.ts';
import { CredentialReader } from '../../config/credentials.ts';
import type { Environment } from '../../config/environment.ts';
import { type CredentialKeys, openCredential, readCredentialKeys } from '../../config/sealed-credential.ts';

/** Reads the credentials of a catalog from the database: references as the file's, and values, which are sealed, with the key. */
export class CatalogCredentials {
  readonly #references: CredentialReader;
  readonly #keys: CredentialKeys;
  /** By sealed text, so that a catalog that changes in one place opens one secret and not ten thousand. */
  #opened = new Map<string, CredentialReading>();

  constructor(env: Environment) {
    this.#references = new CredentialReader(env);
    this.#keys = readCredentialKeys(env);
  }

  /** Bound, so that it can be handed on as it is. */
  readonly read: ReadCredential = (source) => {
    if (source.kind !== 'value') return this.#references.read(source);
    const sealed = source.secret.reveal();
    let reading = this.#opened.get(sealed);
    if (reading === undefined) {
      reading = openCredential(sealed, this.#keys);
      this.#opened.set(sealed, reading);
    }
    return reading;
  };

  /** Reads every known file again and tells whether any now reads otherwise. */
  refresh(): boolean {
    return this.#references.refresh();
  }

  /** Forgets what is no longer declared. */
  keepOnly(declaration: CatalogDeclaration): void {
    const sources: readonly CredentialSource[] = declaration.accounts.flatMap(
      ({ credentials }) => credentials,
    );
    const files = sources.flatMap((source) => (source.kind === 'file' ? [source.path] : []));
    const sealed = new Set(
      sources.flatMap((source) => (source.kind === 'value' ? [source.secret.reveal()] : [])),
    );
    this.#references.keepOnly(new Set(files));
    this.#opened = new Map([...this.#opened].filter(([text]) => sealed.has(text)));
  }
}
