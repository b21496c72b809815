import { expect, test } from 'vitest';
import { createYamlUserRates } from '../../../src/adapters/yaml/user-rates.ts';
import { createCatalogHolder } from '../../../src/catalog/holder.ts';
import { catalogFrom } from './parsed.ts';

const text = 'groups: [{id: g, user_rates: {bob: 1.7}}]\n';

test("users' rates come from the catalog in force", async () => {
  const holder = createCatalogHolder(catalogFrom(text));
  const rates = createYamlUserRates(holder);
  expect(await rates.userRate('bob', 'g')).toBe(1.7);
  expect(await rates.userRate('eve', 'g')).toBeUndefined();
  expect(await rates.userRate('bob', 'nowhere')).toBeUndefined();
  holder.replace(catalogFrom(text.replace('1.7', '2')));
  expect(await rates.userRate('bob', 'g')).toBe(2);
});

test("users' rates are answered on a later turn, after everything that asks in this one", async () => {
  const rates = createYamlUserRates(createCatalogHolder(catalogFrom(text)));
  const order: string[] = [];
  const asked = rates.userRate('bob', 'g').then(() => order.push('answered'));
  for (let n = 0; n < 10; n++) await Promise.resolve();
  order.push('microtasks are over');
  await asked;
  expect(order).toEqual(['microtasks are over', 'answered']);
});
