/** 32 bits of the first `length` UTF-16 units of a text, by FNV-1a and a last mix that spreads them to the low bits. */
export function hashOf(text: string, length: number = text.length): number {
  let hash = 0x811c9dc5;
  const end = Math.min(length, text.length);
  for (let at = 0; at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** Of a lease id: its first part, when it was granted and what was drawn for it, tells it from all others. */
export function leaseHash(leaseId: string): number {
  return hashOf(leaseId, 23);
}
