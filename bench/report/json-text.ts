type Json = string | number | boolean | null | { readonly [key: string]: Json };

/** As wide as the repository's files. */
const widest = 110;

/** JSON as this repository's formatter leaves it: an object of plain values on one line where it fits. Lists are not taken. */
export function jsonText(value: Json): string {
  return `${lines(value, '', 0)}\n`;
}

function lines(value: Json, indent: string, before: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  if (entries.every(([, each]) => typeof each !== 'object' || each === null)) {
    const flat = `{ ${entries.map(([key, each]) => `${JSON.stringify(key)}: ${JSON.stringify(each)}`).join(', ')} }`;
    if (indent.length + before + flat.length < widest) return flat;
  }
  const inner = `${indent}  `;
  const members = entries.map(([key, each]) => {
    const name = `${JSON.stringify(key)}: `;
    return `${inner}${name}${lines(each, inner, name.length)}`;
  });
  return `{\n${members.join(',\n')}\n${indent}}`;
}
