import type { CheckOutput } from './check.ts';
import type { Environment } from './environment.ts';
import { readCredentialKeys, sealCredential } from './sealed-credential.ts';

export interface EncryptOptions {
  /** The secret; a line end at its end is no part of it. */
  readonly secret: string;
  readonly env: Environment;
  /** 12 random bytes. */
  readonly nonce: Buffer;
  /** Where the credential goes, and where a fault does. */
  readonly out: CheckOutput;
  readonly err: CheckOutput;
}

/**
 * Prints a secret as the database's `credential` columns take it, `{"encrypted": "..."}` on one line, sealed with the key of the
 * environment. Gives the exit code: 1 with a line on `err` where there is no key or no secret.
 */
export function encryptCredential({ secret, env, nonce, out, err }: EncryptOptions): 0 | 1 {
  const text = secret.replace(/[\r\n]+$/, '');
  const found = readCredentialKeys(env);
  const key = 'keys' in found ? found.keys[0] : undefined;
  if (key === undefined) {
    err.write(`remora: ${'problem' in found ? found.problem : 'no key'}\n`);
    return 1;
  }
  if (text.trim() === '') {
    err.write('remora: no secret came on standard input; printf %s "$SECRET" | remora encrypt-credential\n');
    return 1;
  }
  out.write(`${JSON.stringify({ encrypted: sealCredential({ secret: text, key, nonce }) })}\n`);
  return 0;
}
