import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The scripts, each in a file of its own under lua/: the only way this adapter touches data. */
export const scriptNames = [
  'abandon',
  'beat',
  'claim',
  'clear-cooldowns',
  'fate',
  'fill-spend',
  'note-next',
  'read-spend',
  'reconcile',
  'renew',
  'set-override',
  'set-waiting',
  'settle',
  'unbind',
  'unbind-session',
] as const;

export type ScriptName = (typeof scriptNames)[number];

export interface Script {
  readonly source: string;
  /** By which the server knows it. */
  readonly sha: string;
}

const directory = join(import.meta.dirname, 'lua');
const includeLine = /^--- include (.+)$/m;

/** Reads every script, its shared pieces put in where its `--- include` line stands. */
export function loadScripts(): Readonly<Record<ScriptName, Script>> {
  const scripts = scriptNames.map((name) => {
    const source = compose(readFileSync(join(directory, `${name}.lua`), 'utf8'));
    return [name, { source, sha: createHash('sha1').update(source).digest('hex') }] as const;
  });
  return Object.fromEntries(scripts) as Record<ScriptName, Script>;
}

function compose(source: string): string {
  return source.replace(includeLine, (_, names: string) =>
    names
      .split(' ')
      .map((name) => readFileSync(join(directory, 'includes', `${name}.lua`), 'utf8'))
      .join('\n'),
  );
}
