/** Elements whose content nobody reads. */
const UNSEEN_ELEMENTS: ReadonlySet<string> = new Set(['script', 'style', 'svg', 'noscript']);

/**
 * The words of an HTML page, tags and scripts left out, blanks as they come. Good enough to compare error pages, not to show them.
 * One pass over the text.
 */
export function htmlText(html: string): string {
  const [before = '', ...pieces] = html.split('<');
  const words = [before];
  let unseen: string | undefined;
  for (const piece of pieces) {
    const tag = /^(\/?)([a-z][a-z0-9]{0,15})/i.exec(piece);
    const name = tag?.[2]?.toLowerCase();
    if (unseen !== undefined) {
      if (tag?.[1] === '' || name !== unseen) continue;
      unseen = undefined;
    } else if (name !== undefined && tag?.[1] === '' && UNSEEN_ELEMENTS.has(name)) {
      unseen = name;
      continue;
    }
    const close = piece.indexOf('>');
    words.push(close === -1 ? '' : piece.slice(close + 1));
  }
  return words.join(' ').trim();
}
