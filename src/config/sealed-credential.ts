import { type CredentialReading, Secret } from '../catalog/credential.ts';
import type { Environment } from './environment.ts';

// By name: an import would read all that the module exports, and load WebCrypto for it, 10 ms of a start.
const { createCipheriv, createDecipheriv } = process.getBuiltinModule('node:crypto');

/** The environment variable that holds the key, or several with commas between them: the first seals, each is tried to open. */
export const credentialKeyVariable = 'REMORA_CREDENTIAL_KEY';

/** AES-256-GCM: a nonce of its own for each secret, and a tag that tells a wrong key or a changed text from the right ones. */
const algorithm = 'aes-256-gcm';
const keyBytes = 32;
export const nonceBytes = 12;
const tagBytes = 16;

/** The first byte of a sealed text: how the rest is to be read. */
const formatVersion = 1;

export type CredentialKeys =
  | { readonly keys: readonly Buffer[] }
  /** A sentence on why there are none; never with any part of one. */
  | { readonly problem: string };

/** The keys of the environment. At least one, where there is no problem. */
export function readCredentialKeys(env: Environment): CredentialKeys {
  const texts = (env[credentialKeyVariable] ?? '').split(',').map((text) => text.trim());
  const given = texts.filter((text) => text !== '');
  if (given.length === 0) return { problem: `environment variable ${credentialKeyVariable} is not set` };
  const keys = given.map((text) => Buffer.from(text, 'base64'));
  const wrong = keys.findIndex((key, index) => key.length !== keyBytes || !isBase64(given[index] ?? ''));
  if (wrong !== -1) {
    const which = keys.length === 1 ? '' : `, key ${wrong + 1} of ${keys.length},`;
    return {
      problem: `environment variable ${credentialKeyVariable}${which} is not ${keyBytes} bytes in base64; openssl rand -base64 ${keyBytes} makes one`,
    };
  }
  return { keys };
}

/** Seals a secret for the database: base64 of version, nonce, ciphertext and tag. A nonce must never be used twice with a key. */
export function sealCredential({
  secret,
  key,
  nonce,
}: {
  readonly secret: string;
  readonly key: Buffer;
  readonly nonce: Buffer;
}): string {
  const cipher = createCipheriv(algorithm, key, nonce);
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(formatVersion), nonce, sealed, cipher.getAuthTag()]).toString('base64');
}

/** Opens what `sealCredential` made, with whichever of the keys fits. Never throws; a problem never holds any part of a secret. */
export function openCredential(sealed: string, keys: CredentialKeys): CredentialReading {
  if ('problem' in keys) return { problem: `it is encrypted, and ${keys.problem}` };
  const bytes = Buffer.from(sealed, 'base64');
  if (!isBase64(sealed) || bytes.length <= 1 + nonceBytes + tagBytes) {
    return { problem: 'its encrypted text is damaged: it is too short, or no base64' };
  }
  if (bytes[0] !== formatVersion) {
    return {
      problem: `its encrypted text has format ${bytes[0]}, and this version knows ${formatVersion} alone`,
    };
  }
  for (const key of keys.keys) {
    const secret = openWith(key, bytes);
    if (secret !== undefined) return { secret: new Secret(secret) };
  }
  return { problem: `${credentialKeyVariable} does not open its encrypted text: another key sealed it` };
}

function openWith(key: Buffer, bytes: Buffer): string | undefined {
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    const text = decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    // The tag does not fit: another key, or another text.
    return undefined;
  }
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}
