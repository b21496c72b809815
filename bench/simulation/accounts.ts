/** An account of the simulation. */
export interface AccountPlan {
  readonly id: string;
  readonly platform: string;
  readonly priority: number;
  /** 0: no limit. */
  readonly concurrency: number;
}

/** Models that callers ask for, and what serves in their place on another platform. */
const fallbacks: Readonly<Record<string, string>> = {
  'claude-large': 'gpt-large',
  'claude-small': 'gpt-small',
  glm: 'gpt-large',
};

const models: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['claude-large', 'claude-small'],
  openai: ['gpt-large', 'gpt-small'],
  zhipu: ['glm'],
};

/** The id of the account whose keys are tried in order: the first takes all that is asked of them while it can. */
const familyId = 'keys';
const familySize = 3;

export function modelsOf(platform: string): readonly string[] {
  return models[platform]!;
}

/**
 * Four in five on one platform: a tenth of all preferred (and the first of them will be spent), the rest behind them; a family of
 * three keys on a second platform; the others on a third, for the fallback models.
 */
export function planAccounts(count: number): readonly AccountPlan[] {
  const singles = Array.from({ length: count - familySize }, (_, index): AccountPlan => {
    const main = index < count * 0.8;
    return {
      id: `account-${index}`,
      platform: main ? 'anthropic' : 'openai',
      priority: index < count * 0.1 ? 10 : 50,
      concurrency: main ? 12 : 24,
    };
  });
  const keys = Array.from({ length: familySize }, (_, index) => ({
    id: index === 0 ? familyId : `${familyId}__key_${index}`,
    platform: 'zhipu',
    priority: 50,
    concurrency: 0,
  }));
  return [...singles, ...keys];
}

/** The accounts as a configuration has them. */
export function configOf(accounts: readonly AccountPlan[]): object {
  const singles = accounts.filter(({ platform }) => platform !== 'zhipu');
  return {
    accounts: [
      ...singles.map((account) => ({ ...account, models: modelsOf(account.platform) })),
      {
        id: familyId,
        platform: 'zhipu',
        models: modelsOf('zhipu'),
        api_keys: Array.from({ length: familySize }, (_, index) => `simulated-key-${index}`),
      },
    ],
    models: Object.entries(fallbacks).map(([name, fallback]) => ({
      name,
      fallbacks: [`openai/${fallback}`],
    })),
  };
}
