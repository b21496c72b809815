/*
 * A page can be dark where the reader's system is light, and the other way round: a chart has a ground of its own, so that it can be
 * read on either. Lines differ in their dashes too, for those who can't tell colours apart.
 */

interface Colours {
  readonly ground: string;
  readonly edge: string;
  readonly grid: string;
  readonly text: string;
  readonly muted: string;
  readonly lines: readonly [string, string, string, string];
}

const light: Colours = {
  ground: '#ffffff',
  edge: '#d0d7de',
  grid: '#e3e8ed',
  text: '#1f2328',
  muted: '#59636e',
  lines: ['#0969da', '#bc4c00', '#1a7f37', '#8250df'],
};

const dark: Colours = {
  ground: '#0d1117',
  edge: '#3d444d',
  grid: '#232a33',
  text: '#f0f6fc',
  muted: '#9198a1',
  lines: ['#58a6ff', '#ffa657', '#3fb950', '#d2a8ff'],
};

const dashes = ['', '7 3', '2 3', '8 3 2 3'];

/** The style sheet of every chart. The n-th line, from 0, has the class `ln`. */
export function styleSheet(): string {
  return [
    'text{font:11px -apple-system,"Segoe UI",Helvetica,Arial,sans-serif}',
    '.h{font-size:14px;font-weight:600}.b{font-weight:600}',
    '.e{text-anchor:end}.c{text-anchor:middle}',
    'polyline,path{fill:none;stroke-width:1.8;stroke-linejoin:round}',
    '.g{stroke-width:1}.w{stroke-width:1}.d{stroke:none}',
    ...dashes.map((dash, index) => (dash === '' ? '' : `polyline.l${index}{stroke-dasharray:${dash}}`)),
    coloured(light),
    `@media(prefers-color-scheme:dark){${coloured(dark)}}`,
  ].join('');
}

function coloured({ ground, edge, grid, text, muted, lines }: Colours): string {
  return [
    `.r{fill:${ground};stroke:${edge}}text{fill:${muted}}.h,.b{fill:${text}}.g{stroke:${grid}}`,
    ...lines.map((colour, index) => `.l${index}{stroke:${colour}}.d.l${index}{fill:${colour}}`),
  ].join('');
}
