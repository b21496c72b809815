// By name: an import would read all that the module exports, and load WebCrypto for it, 10 ms of a start.
const { randomFillSync } = process.getBuiltinModule('node:crypto');

/*
 * A lease id carries what settles it, so that a report can be booked by a sidecar that never knew the lease:
 *
 *   l1<granted: 9 digits of base 36 milliseconds><random: 12 of base64url>.<base64url of 7:5:accountgroupmodel>
 *
 * The figures are the lengths of the first two names, so that names may hold anything and ids stay short.
 * The part before the dot is the nonce, new for each lease; the part behind it is the same for all leases of one account,
 * group and model, and is kept ready.
 */

/** What a lease's id tells of it. */
export interface LeaseTerms {
  readonly accountId: string;
  readonly groupId: string;
  readonly model: string;
  /** Milliseconds since the epoch. */
  readonly grantedAtMs: number;
}

const nonceShape = /^l1[0-9a-z]{9}[A-Za-z0-9_-]{12}$/;
const nonceLength = 23;

/**
 * Reads a lease id; undefined where the text is none. A lease has one spelling: another that decodes to the same names is none
 * either, as stores know leases by their ids.
 */
export function parseLeaseId(id: string): LeaseTerms | undefined {
  if (id.charCodeAt(nonceLength) !== dot) return undefined;
  const nonce = id.slice(0, nonceLength);
  if (!nonceShape.test(nonce)) return undefined;
  const names = namesOf(id.slice(nonceLength + 1));
  if (names === undefined) return undefined;
  const { accountId, groupId, model } = names;
  return { accountId, groupId, model, grantedAtMs: grantedAtOf(nonce) };
}

/** `Number.parseInt(..., 36)` would do, if it did not leave JavaScript for it. */
function grantedAtOf(nonce: string): number {
  let timeMs = 0;
  for (let at = 2; at < 11; at += 1) {
    const code = nonce.charCodeAt(at);
    timeMs = timeMs * 36 + (code < firstLetter ? code - firstDigit : code - firstLetter + 10);
  }
  return timeMs;
}

const firstDigit = '0'.charCodeAt(0);
const firstLetter = 'a'.charCodeAt(0);

const dot = '.'.charCodeAt(0);

type LeaseNames = Pick<LeaseTerms, 'accountId' | 'groupId' | 'model'>;

/** Suffixes made or read before: most reports name an account, group and model that others named. Some 5 MB when full. */
const namesKept = 16_384;
const known = new Map<string, LeaseNames>();

/** Measured: an id is read in 0.35 us so, in 1.3 where its names are decoded each time. */
function namesOf(suffix: string): LeaseNames | undefined {
  const kept = known.get(suffix);
  if (kept !== undefined) return kept;
  const names = parseSuffix(suffix);
  if (names !== undefined) keep(suffix, names);
  return names;
}

function keep(suffix: string, names: LeaseNames): void {
  // Callers may send any number of well-formed ids that nobody gave out.
  if (known.size === namesKept) known.clear();
  known.set(suffix, names);
}

/**
 * The part of a lease id that names account, group and model. A report of such a lease brings these very strings: whoever looks one up
 * in a Map of the catalog's need not compare it letter by letter.
 */
export function leaseSuffix(accountId: string, groupId: string, model: string): string {
  const suffix = suffixOf(accountId, groupId, model);
  keep(suffix, { accountId, groupId, model });
  return suffix;
}

function suffixOf(accountId: string, groupId: string, model: string): string {
  const lengths = `${accountId.length}:${groupId.length}:`;
  return Buffer.from(lengths + accountId + groupId + model).toString('base64url');
}

const base64url = /^[A-Za-z0-9_-]+$/;
const lengthsOfNames = /^([1-9]\d{0,2}):(0|[1-9]\d{0,2}):/;

function parseSuffix(suffix: string): LeaseNames | undefined {
  if (!base64url.test(suffix)) return undefined;
  const text = Buffer.from(suffix, 'base64url').toString('utf8');
  const match = lengthsOfNames.exec(text);
  if (match === null) return undefined;
  const groupAt = match[0].length + Number(match[1]);
  const modelAt = groupAt + Number(match[2]);
  if (modelAt > text.length) return undefined;
  const accountId = text.slice(match[0].length, groupAt);
  const groupId = text.slice(groupAt, modelAt);
  const model = text.slice(modelAt);
  return suffixOf(accountId, groupId, model) === suffix ? { accountId, groupId, model } : undefined;
}

/** Makes the part of a lease id that is new each time. */
export type NonceSource = (nowMs: number) => string;

// Nine bytes are twelve letters to the bit, so the letters of a whole pool are those of its leases one after the other.
const randomBytesEach = 9;
const randomLetters = 12;

/**
 * Nonces from the system's random source, drawn and spelt 4 KiB at a time: one call for 455 leases. Those of one millisecond share
 * their beginning. To make an id and put it into a Map takes 210 ns so, and 415 where each is spelt by itself (eight a millisecond).
 */
export function createNonceSource(fill: (pool: Buffer) => void = randomFillSync): NonceSource {
  const pool = Buffer.alloc(randomBytesEach * 455);
  let letters = '';
  let used = 0;
  let beginMs = Number.NaN;
  let begin = '';
  return (nowMs) => {
    if (used === letters.length) {
      fill(pool);
      letters = pool.toString('base64url');
      used = 0;
    }
    if (nowMs !== beginMs) {
      beginMs = nowMs;
      begin = `l1${Math.trunc(nowMs).toString(36).padStart(9, '0')}`;
    }
    used += randomLetters;
    return begin + letters.slice(used - randomLetters, used);
  };
}
