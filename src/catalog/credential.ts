import { inspect } from 'node:util';
import type { Credential } from './account.ts';

/** What a secret prints as, wherever it would be shown. */
export const masked = '***';

/** A secret in memory: string conversion, JSON and inspection all show `***`; only `reveal` gives it away. */
export class Secret implements Credential {
  // A private field is invisible to inspection, JSON, spreading and deep comparison alike.
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return masked;
  }

  toJSON(): string {
    return masked;
  }

  [inspect.custom](): string {
    return masked;
  }
}

/** Where a credential is to be read: in the file itself, in an environment variable, or in a file of its own. */
export type CredentialSource =
  | { readonly kind: 'value'; readonly secret: Secret }
  | { readonly kind: 'env'; readonly name: string }
  /** `path` is absolute. */
  | { readonly kind: 'file'; readonly path: string };

/** The secret, or a sentence that says why it can't be read (never with any part of it). */
export type CredentialReading = { readonly secret: Secret } | { readonly problem: string };

export type ReadCredential = (source: CredentialSource) => CredentialReading;

/** Reads what stands in the configuration itself; environment and files need an adapter. */
export const readLiteralCredential: ReadCredential = (source) => {
  if (source.kind === 'value') return { secret: source.secret };
  return {
    problem: `credentials from ${source.kind === 'env' ? 'the environment' : 'files'} are not read here`,
  };
};

/**
 * Equal for two sources that name the same secret by the same way. Decided by what is declared, not by what is read, so that
 * account ids made from a list of keys do not shift when a file's content changes.
 */
export function credentialIdentity(source: CredentialSource): string {
  if (source.kind === 'value') return `value:${source.secret.reveal()}`;
  return source.kind === 'env' ? `env:${source.name}` : `file:${source.path}`;
}
