/**
 * JSON as the scripts read it. Half a surrogate pair, which a text of JavaScript may hold and JSON may name, is refused by their
 * reader: it becomes the replacement character, as wherever texts are written in UTF-8.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes('\\ud')) return text;
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? part.toWellFormed() : part));
}
