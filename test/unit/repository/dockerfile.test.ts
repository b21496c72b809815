import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { heapFlags, tunablesText } from '../../../src/node-options.js';
import { root } from './source-files.ts';

const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');

test('the image starts with the settings main.js would start it anew for, and is warmed up with the same', () => {
  const command = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
  expect(command).toEqual(['node', ...heapFlags, 'dist/main.js']);
  const warmUp = /^RUN REMORA_LEDGER_PATH.* (node .*main\.js)/m.exec(dockerfile)?.[1]?.split(/\s+/);
  expect(warmUp).toEqual(command);
  expect(dockerfile).toContain(`GLIBC_TUNABLES=${tunablesText()} `);
  expect(dockerfile).toContain('NODE_COMPILE_CACHE=');
});
