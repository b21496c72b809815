import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, importsOf, type SourceFile, sourceFiles } from './source-files.ts';

const files = ['src', 'test', 'bench', 'scripts'].flatMap(sourceFiles);
const longest = 300;

/** A line for each match, with where it is. */
function places(pattern: RegExp, among: readonly SourceFile[]): string[] {
  return among.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

test(`no file is longer than ${longest} lines, unless its first comment says "long because ..."`, () => {
  const firstComment = /\/\*[\s\S]*?\*\/|(?:^\/\/.*\n)+/m;
  const tooLong = files
    .filter(({ text }) => text.split('\n').length - 1 > longest)
    .filter(({ text }) => !firstComment.exec(text)?.[0].includes('long because'))
    .map(({ path, text }) => `${path} has ${text.split('\n').length - 1} lines`);
  expect(tooLong).toEqual([]);
});

test('no test is left out or runs alone', () => {
  expect(places(/\.(?:only|skip|todo|fails|skipIf|runIf)(?:\.each)?\(/, sourceFiles('test'))).toEqual([]);
});

test('nothing is left to be done later', () => {
  const all = ['src', 'test', 'bench', 'scripts', 'proto', 'examples'].flatMap(filesBelow);
  expect(places(/\b(?:TO[D]O|FIX[M]E|X[X]X)\b/, all)).toEqual([]);
});

test('no file only passes on what others export', () => {
  expect(places(/^export\b[^'"]*\bfrom '/, sourceFiles('src'))).toEqual([]);
});

test('no file has a name that says nothing', () => {
  const names = files
    .map(({ path }) => path)
    .filter((path) => /util|helper|manager|common|misc/.test(basename(path)));
  expect(names).toEqual([]);
});

test('relative imports name the file as it is, so that Node runs it', () => {
  const known = new Set(files.map(({ path }) => path));
  const broken = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => /^(?:src|test|scripts)\//.test(imported) && !known.has(imported))
      .map((imported) => `${file.path} imports ${imported}`),
  );
  expect(broken).toEqual([]);
});
