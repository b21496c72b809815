/*
 * The parser's own words may quote the file, and what they quote may be a secret; so each of its error codes has a sentence
 * here that quotes nothing.
 */
const sentences: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'names an anchor that is not set above it (text that begins with * has to be put in quotes)',
  BAD_DQ_ESCAPE: 'has an unknown escape in double quotes (use single quotes, or two backslashes)',
  BAD_INDENT: 'is not indented like what it belongs to',
  BAD_SCALAR_START: 'begins with a character that has a meaning in YAML (put the text in quotes)',
  BLOCK_AS_IMPLICIT_KEY: 'has a second ": " or a list where a value was expected (put text in quotes)',
  DUPLICATE_KEY: 'has this key twice; keep one',
  MISSING_CHAR: 'lacks a closing quote, a bracket, a comma or a ":"',
  MULTILINE_IMPLICIT_KEY: 'is a key without a ":" after it, or one that runs over several lines',
  MULTIPLE_DOCS: 'begins a second YAML document (---); a configuration is one',
  RESOURCE_EXHAUSTION: 'is nested too deeply',
  NON_STRING_KEY: 'has a list or a mapping for a key; keys are text',
  TAB_AS_INDENT: 'is indented with a tab; use spaces',
  TAG_RESOLVE_FAILED:
    'has a tag (!...) that is not known here (text that begins with ! has to be put in quotes)',
  UNEXPECTED_TOKEN: 'has something that does not belong here',
};

/** What to tell an operator of a syntax error, without a word of the file. */
export function syntaxProblem(code: string): string {
  return `is not valid YAML: ${sentences[code] ?? `something is wrong here (${code})`}`;
}
