import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildCatalog } from '../../src/catalog/build.ts';
import { CredentialReader } from '../../src/config/credentials.ts';
import { configKeys } from '../../src/config/keys.ts';
import { loadConfig } from '../../src/config/load.ts';
import { exampleConfigFile } from '../../src/config/locate.ts';

const loaded = loadConfig({ file: exampleConfigFile, env: {} });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
const { settings, declaration } = loaded.config;
const catalog = buildCatalog(declaration, { version: 1, readCredential: new CredentialReader({}).read });

const idsOf = (groupId: string, platform: string, model: string) =>
  catalog.candidates({ groupId, platform, platformForced: false, model }).map(({ account }) => account.id);

test('the example listens on loopback at the default ports and needs nothing of its surroundings', () => {
  expect(settings.listen).toEqual({ grpc: ['127.0.0.1:50051'], http: '127.0.0.1:9464' });
  expect([...catalog.accounts.values()].filter(({ statusReason }) => statusReason !== '')).toEqual([]);
  const active = [...catalog.accounts.values()].filter(({ status }) => status === 'active');
  expect(active.filter(({ credential }) => credential === undefined)).toEqual([]);
});

test('a request with a model alone finds an account of no group', () => {
  expect(idsOf('', settings.defaultPlatform, 'claude-sonnet-4-5')).toEqual(['shared-claude']);
  expect(idsOf('', settings.defaultPlatform, '')).toEqual(['shared-claude']);
});

test('the default group serves Claude by subscription, API key and Bedrock, and by mixed scheduling', () => {
  expect(idsOf('default', 'anthropic', 'claude-sonnet-4-5')).toEqual([
    'claude-max-1',
    'claude-max-2',
    'claude-api',
    'claude-bedrock',
    'antigravity-1',
    'claude-from-env',
    'claude-from-file',
  ]);
});

test('GLM is a family of three keys with MiniMax behind it', () => {
  expect(idsOf('economy', 'zhipu', 'glm-4.7')).toEqual(['glm-4.7', 'glm-4.7__key_1', 'glm-4.7__key_2']);
  expect(catalog.fallbacksOf('glm-4.7')).toEqual([{ platform: 'minimax', model: 'minimax' }]);
  expect(idsOf('economy', 'minimax', 'minimax')).toEqual(['minimax']);
});

test('the example shows every key there is', () => {
  const text = readFileSync(exampleConfigFile, 'utf8');
  // The two that this version does not take yet.
  const names = configKeys().map(({ key }) => key.slice(key.lastIndexOf('.') + 1));
  const missing = names.filter((name) => !new RegExp(`\\b${name}:`).test(text));
  expect(missing).toEqual([]);
});

test('every model of the example that is listed by name has a price', () => {
  const names = new Set([...catalog.accounts.values()].flatMap(({ models }) => models.names));
  const unpriced = [...names].filter((name) => catalog.priceOf(name) === undefined);
  expect(unpriced).toEqual(['gemini-2.5-pro', 'gpt-4.1']);
});
