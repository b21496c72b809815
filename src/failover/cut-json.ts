const maxOpen = 64;

/**
 * The longest JSON text that `text` begins with once what a cut left open is closed: a cut-off string value keeps what is there of
 * it, a cut-off key or number is dropped. Undefined where nothing can be saved,
 * or where more than 64 brackets are open. One pass over the text; the result need not be
 * valid JSON where `text` never was.
 */
export function closeCutJson(text: string): string | undefined {
  const closers: string[] = [];
  // The end of the last complete value, and how many brackets were open there.
  let safeEnd = 0;
  let safeDepth = 0;
  let afterColon = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') {
      const end = stringEnd(text, at);
      const isValue = afterColon || closers.at(-1) === ']';
      if (end === -1) {
        if (!isValue) break;
        return `${withoutBrokenEscape(text)}"${closing(closers, closers.length)}`;
      }
      at = end;
      if (isValue) [safeEnd, safeDepth, afterColon] = [end + 1, closers.length, false];
    } else if (char === '{' || char === '[') {
      if (closers.length === maxOpen) return undefined;
      closers.push(char === '{' ? '}' : ']');
      [safeEnd, safeDepth, afterColon] = [at + 1, closers.length, false];
    } else if (char === '}' || char === ']') {
      if (closers.pop() !== char) break;
      [safeEnd, safeDepth, afterColon] = [at + 1, closers.length, false];
      if (closers.length === 0) break;
    } else if (char === ',') {
      // What stands before a comma is complete, numbers and literals included.
      [safeEnd, safeDepth, afterColon] = [at, closers.length, false];
    } else if (char === ':') {
      afterColon = true;
    }
  }
  return safeEnd === 0 ? undefined : text.slice(0, safeEnd) + closing(closers, safeDepth);
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}

const brokenEscape = /\\(?:u[0-9a-f]{0,3})?$/i;

function withoutBrokenEscape(text: string): string {
  const found = brokenEscape.exec(text.slice(-6));
  if (found === null) return text;
  const start = text.length - found[0].length;
  let backslashes = 0;
  while (text[start - 1 - backslashes] === '\\') backslashes++;
  // An odd run before it means that this backslash is itself escaped and the text is whole.
  return backslashes % 2 === 1 ? text : text.slice(0, start);
}

function closing(closers: readonly string[], depth: number): string {
  return closers.slice(0, depth).reverse().join('');
}
