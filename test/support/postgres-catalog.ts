import type { Client } from 'pg';

type Item = Readonly<Record<string, unknown>>;

/** Groups, accounts, models and prices as a configuration file has them. */
export interface CatalogParts {
  readonly groups?: readonly Item[];
  readonly accounts?: readonly Item[];
  readonly models?: readonly Item[];
  readonly prices?: Readonly<Record<string, Item>>;
}

/** Columns that hold JSON, whatever the value. */
const jsonColumns = new Set([
  ...['model_routing', 'models', 'labels', 'limits', 'credential', 'api_keys', 'fallbacks'],
]);

/** Has the catalog's tables hold these parts and nothing else, in one transaction. The client's search_path is their schema. */
export async function writeCatalog(client: Client, parts: CatalogParts): Promise<void> {
  const { groups = [], accounts = [], models = [], prices = {} } = parts;
  await client.query('BEGIN');
  await client.query('DELETE FROM groups');
  await client.query('DELETE FROM accounts');
  await client.query('DELETE FROM models');
  await client.query('DELETE FROM prices');
  for (const { user_rates: rates, ...group } of groups) {
    await insert(client, 'groups', group);
    for (const [userId, multiplier] of Object.entries(rates ?? {})) {
      await insert(client, 'user_rates', { group_id: group.id, user_id: userId, multiplier });
    }
  }
  for (const { groups: groupIds, ...account } of accounts) {
    await insert(client, 'accounts', account);
    for (const groupId of Array.isArray(groupIds) ? groupIds : []) {
      await insert(client, 'memberships', { account_id: account.id, group_id: groupId });
    }
  }
  for (const model of models) await insert(client, 'models', model);
  for (const [pattern, price] of Object.entries(prices))
    await insert(client, 'prices', { pattern, ...price });
  await client.query('COMMIT');
}

async function insert(client: Client, table: string, row: Item): Promise<void> {
  const columns = Object.keys(row);
  const values = columns.map((column) =>
    jsonColumns.has(column) ? JSON.stringify(row[column]) : row[column],
  );
  const places = columns.map((_, index) => `$${index + 1}`);
  await client.query(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')})`, values);
}
