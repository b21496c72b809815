import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { YamlCatalog } from '../../src/adapters/yaml/catalog.ts';
import { formatFault } from '../../src/config/fault.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { ReloadResult } from '../../src/ports/catalog-source.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { catalogSourceContract } from './catalog-source.ts';

catalogSourceContract('YAML file', async ({ env, parts }) => {
  const directory = mkdtempSync(join(tmpdir(), 'remora-catalog-'));
  const file = join(directory, 'remora.yaml');
  writeFileSync(file, stringify(parts));
  const loaded = loadConfig({ file, env });
  if (!loaded.ok) throw new Error(loaded.faults.map(formatFault).join('\n'));
  const silent = () => {};
  const reloads: [ReloadResult, number][] = [];
  const source = new YamlCatalog({
    ...{ config: loaded.config, env, clock: systemClock },
    log: { info: silent, warn: silent, error: silent },
    onReload: (result, faults) => reloads.push([result, faults.length]),
  });
  return {
    source,
    reloads,
    put: async (next) => writeFileSync(file, stringify(next)),
    async close() {
      source.close();
      rmSync(directory, { recursive: true });
    },
  };
});
