import { isDeepStrictEqual } from 'node:util';
import type { Settings } from '../../config/settings.ts';

/** The file's keys behind each setting. All of them are read once, at the start. */
const fileKeys: Readonly<Record<keyof Settings, string>> = {
  listen: 'listen',
  state: 'state',
  ledger: 'ledger',
  catalogSource: 'catalog.source',
  defaultPlatform: 'default_platform',
  scheduling: 'scheduling',
  caches: 'caches',
  cooldown: 'cooldown',
  exposeCredentials: 'credentials.expose',
  logLevel: 'log.level',
};

/** The file's keys whose settings differ from those the process runs with, and that only a restart puts in force. */
export function restartNeededFor(running: Settings, wanted: Settings): readonly string[] {
  const settings = Object.keys(fileKeys) as (keyof Settings)[];
  return settings.filter((key) => !isDeepStrictEqual(running[key], wanted[key])).map((key) => fileKeys[key]);
}
