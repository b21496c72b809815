import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withFigures } from '../../../bench/report/readme.ts';
import { readme, withTables } from '../../../scripts/readme-tables.ts';
import { formatFault } from '../../../src/config/fault.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const text = readFileSync(readme, 'utf8');

/** The fenced blocks of one language. */
function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    (match) => match[1] ?? '',
  );
}

describe('the README', () => {
  test('has the tables that the code gives: `npm run tables` writes them', async () => {
    expect(text).toBe(await withTables(text));
  });

  test('has the figures that the bench left in docs/bench: `npm run tables` writes them', () => {
    expect(text).toBe(withFigures(text));
  });

  test('has no place for a table that is not there any more', async () => {
    await expect(withTables('')).rejects.toThrow('no place for the table "settings"');
  });

  test('links to files and headings that exist', () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(
      (match) => `#${match[1]?.toLowerCase().replaceAll(' ', '-')}`,
    );
    const broken = targets
      .filter((target) => !target.startsWith('https://'))
      .filter((target) =>
        target.startsWith('#') ? !headings.includes(target) : !existsSync(join(dirname(readme), target)),
      );
    expect(targets.length).toBeGreaterThan(10);
    expect(broken).toEqual([]);
  });

  test('shows configurations that are valid', () => {
    const configs = blocks('yaml').filter((block) => /^accounts:/m.test(block));
    expect(configs.length).toBeGreaterThan(0);
    for (const config of configs) {
      const parsed = parseConfig({ text: config, file: 'README.md', env: {} });
      expect(parsed.ok ? [] : parsed.faults.map(formatFault)).toEqual([]);
    }
  });

  test('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(dirname(readme), 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...text.matchAll(/`npm run (\w+)`/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    expect(scripts.start).toBe('node src/main.js');
  });
});
