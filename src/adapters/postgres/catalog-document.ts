import type { CatalogDeclaration } from '../../catalog/declaration.ts';
import { type Fault, type PathStep, pathText, type UnplacedFault } from '../../config/fault.ts';
import { checkConfigValue } from '../../config/parse.ts';

export type DocumentResult =
  | { readonly ok: true; readonly declaration: CatalogDeclaration }
  /** At least one, each with the table and the row to mend. */
  | { readonly ok: false; readonly faults: readonly Fault[] };

type Item = Record<string, unknown>;
type Sections = Readonly<Record<'groups' | 'accounts' | 'models', readonly Item[]>> & {
  readonly prices: Item;
};

/**
 * Reads the catalog document of the database (see catalog.sql) by the rules of the configuration file. A credential comes out as a
 * reference or as a `value` that is sealed: here no value is ever the secret itself. Paths of secret files start at `directory`.
 */
export function readCatalogDocument(text: string, directory: string): DocumentResult {
  const document = JSON.parse(text) as Sections;
  const misplaced: UnplacedFault[] = [];
  const accounts = document.accounts.map((account, index) => withSealedValues(account, index, misplaced));
  const checked = checkConfigValue({ value: { ...document, accounts }, directory, env: {} });
  if (checked.ok && misplaced.length === 0) return { ok: true, declaration: checked.config.declaration };
  const faults = [...misplaced, ...(checked.ok ? [] : checked.faults)];
  return { ok: false, faults: faults.map((fault) => placed(fault, document)) };
}

/** The account with `{encrypted: TEXT}` as `{value: TEXT}`. Adds a fault for each credential that is neither that nor a reference. */
function withSealedValues(account: Item, index: number, misplaced: UnplacedFault[]): Item {
  const sealed = (source: unknown, path: readonly PathStep[]): unknown => {
    const keys = typeof source === 'object' && source !== null ? Object.keys(source) : [];
    if (keys.length === 1 && (keys[0] === 'env' || keys[0] === 'file')) return source;
    if (keys.length === 1 && keys[0] === 'encrypted') return { value: (source as Item).encrypted };
    const problem =
      'is none of {"env": NAME}, {"file": PATH}, {"encrypted": TEXT}; a secret never stands in the database as it is';
    misplaced.push({ path: ['accounts', index, ...path], problem });
    return { env: 'misplaced' };
  };
  const { credential, api_keys: keys } = account;
  return {
    ...account,
    ...(credential != null && { credential: sealed(credential, ['credential']) }),
    ...(Array.isArray(keys) && { api_keys: keys.map((key, place) => sealed(key, ['api_keys', place])) }),
  };
}

/** The fault in the words of the database: `table accounts, row "a": limits.rpm`. */
function placed({ path, problem }: UnplacedFault, document: Sections): Fault {
  const [section, row, ...rest] = path;
  const column = rest.length === 0 ? '' : `: ${pathText(rest)}`;
  if (section === 'prices') return { path: `table prices, row ${JSON.stringify(row)}${column}`, problem };
  if ((section === 'groups' || section === 'accounts' || section === 'models') && typeof row === 'number') {
    const item = document[section][row];
    const key = item?.[section === 'models' ? 'name' : 'id'];
    return { path: `table ${section}, row ${JSON.stringify(key)}${column}`, problem };
  }
  return { path: pathText(path), problem };
}
