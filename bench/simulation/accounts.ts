/** An account of the simulation. */
export interface AccountPlan {
  readonly id: string;
  readonly platform: string;
  readonly priority: number;
  readonly concurrency: number;
}

/** The models callers ask for, and what serves in their place on the other platform. */
export const fallbacks: Readonly<Record<string, string>> = {
  'claude-large': 'gpt-large',
  'claude-small': 'gpt-small',
};

export function modelsOf(platform: string): readonly string[] {
  return platform === 'anthropic' ? Object.keys(fallbacks) : Object.values(fallbacks);
}

/**
 * Four in five on the platform callers ask for: a tenth of all preferred (and the first of them will be spent), the rest behind
 * them; the others on a second platform, for the fallback models.
 */
export function planAccounts(count: number): readonly AccountPlan[] {
  return Array.from({ length: count }, (_, index) => {
    const main = index < count * 0.8;
    return {
      id: `account-${index}`,
      platform: main ? 'anthropic' : 'openai',
      priority: index < count * 0.1 ? 10 : 50,
      concurrency: main ? 12 : 24,
    };
  });
}

/** The accounts as a configuration has them. */
export function configOf(accounts: readonly AccountPlan[]): object {
  return {
    accounts: accounts.map(({ id, platform, priority, concurrency }) => ({
      id,
      platform,
      priority,
      concurrency,
      models: modelsOf(platform),
    })),
    models: Object.entries(fallbacks).map(([name, fallback]) => ({
      name,
      fallbacks: [`openai/${fallback}`],
    })),
  };
}
