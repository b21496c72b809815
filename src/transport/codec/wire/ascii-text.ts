/** Shorter ASCII text is read without a call into Node. Measured, in ns: 20 against 44 for 4 bytes, 43 and 70 for 12, 79 and 73 for 17. */
const joinedLength = 12;

/** The text that stands in the bytes from `start` to `end`, all of them ASCII. */
export function asciiText(bytes: Buffer, start: number, end: number): string {
  if (end - start > joinedLength) return bytes.toString('latin1', start, end);
  const codes = new Array<number>(end - start);
  for (let at = start; at < end; at++) codes[at - start] = bytes[at]!;
  return String.fromCharCode.apply(undefined, codes);
}
