/** 32 bits of the UTF-16 units of a text from `start` to `end`, by FNV-1a and a last mix that spreads them to the low bits. */
export function hashOf(text: string, start = 0, end: number = text.length): number {
  let hash = 0x811c9dc5;
  const last = Math.min(end, text.length);
  for (let at = start; at < last; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** Of a lease id: the letters that were drawn for it, which come after the time at which it was granted. */
export function leaseHash(leaseId: string): number {
  return hashOf(leaseId, 11, 23);
}
