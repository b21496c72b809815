/*
 * Providers quote what they refuse: parameter names, model ids, the user's own prompt. What stands in quotation marks says nothing
 * about the failure, and the person who wrote the prompt must not be able to choose one.
 */

const closerOf = new Map([
  ['"', '"'],
  ["'", "'"],
  ['“', '”'],
  ['„', '”'],
  ['‘', '’'],
  ['「', '」'],
  ['『', '』'],
  ['«', '»'],
]);

/**
 * The text with everything in quotation marks, and the marks, replaced by as many blanks: places stay the same. A quotation that is
 * never closed reaches to the end, for bodies are cut off. Apostrophes ("model's", "users' prompts") are no quotation marks. One
 * pass over the text.
 */
export function maskQuotedText(text: string): string {
  let masked = '';
  let plainFrom = 0;
  for (let at = 0; at < text.length; at++) {
    if (!isOpening(text, at)) continue;
    const end = text[at] === '`' ? afterCodeSpan(text, at) : afterQuotation(text, at);
    masked += text.slice(plainFrom, at) + ' '.repeat(end - at);
    plainFrom = end;
    at = end - 1;
  }
  return masked + text.slice(plainFrom);
}

function isOpening(text: string, at: number): boolean {
  const char = text[at]!;
  if (char === '`') return true;
  if (!closerOf.has(char)) return false;
  if (char !== '"' && char !== "'") return true;
  if (isBlank(text[at + 1])) return false;
  // Python marks byte and unicode strings by a letter before the quotation mark.
  return !isWordPart(text[at - 1]) || (/[bu]/.test(text[at - 1]!) && !isWordPart(text[at - 2]));
}

function afterQuotation(text: string, start: number): number {
  const opener = text[start]!;
  const closer = closerOf.get(opener)!;
  const escaped = text[start - 1] === '\\';
  let depth = 1;
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char !== closer && char !== opener) continue;
    if ((text[at - 1] === '\\') !== escaped) continue;
    const opensWord = !isWordPart(text[at - 1]) && isWordPart(text[at + 1]);
    if (opener === closer ? opensWord && at > start + 1 : char === opener) depth++;
    // A mark within a word is an apostrophe.
    else if (isWordPart(text[at + 1]) && isWordPart(text[at - 1])) continue;
    else depth--;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function afterCodeSpan(text: string, start: number): number {
  let marks = 1;
  while (text[start + marks] === '`') marks++;
  const end = text.indexOf('`'.repeat(marks), start + marks);
  return end === -1 ? text.length : end + marks;
}

function isWordPart(char: string | undefined): boolean {
  return char !== undefined && /[A-Za-z0-9_]/.test(char);
}

function isBlank(char: string | undefined): boolean {
  return char === undefined || /\s/.test(char);
}
