/** Parts of a configuration file, with the least that a test of the sidecar needs. */
export type ConfigParts = Readonly<Record<string, unknown>>;

/** A subscription of group `g`, without limits. */
export function subscription(id: string, parts: ConfigParts = {}): ConfigParts {
  return { id, platform: 'anthropic', type: 'oauth', groups: ['g'], ...parts };
}

/** An API key of group `g`. */
export function apiKey(id: string, parts: ConfigParts = {}): ConfigParts {
  return { id, platform: 'anthropic', type: 'api_key', groups: ['g'], ...parts };
}

/** A Bedrock account of group `g`. */
export function bedrock(id: string, parts: ConfigParts = {}): ConfigParts {
  return { id, platform: 'anthropic', type: 'bedrock', groups: ['g'], ...parts };
}

/** One group, `g`, with these accounts. */
export function groupOf(accounts: readonly ConfigParts[], parts: ConfigParts = {}): ConfigParts {
  return { groups: [{ id: 'g' }], accounts, ...parts };
}
