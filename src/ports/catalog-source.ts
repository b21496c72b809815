import type { CatalogHolder } from '../catalog/catalog.ts';
import type { Health } from './health.ts';

/** What a reload came to. `failure` keeps the catalog in force. */
export type ReloadResult = 'success' | 'failure' | 'unchanged';

/**
 * Where the catalog comes from. It is replaced whole when its source changes; a change that is not valid, or a source that can't be
 * read, keeps the last good one.
 */
export interface CatalogSource {
  readonly holder: CatalogHolder;
  /** Follows the source from now on. What changed since it was first read is taken in. */
  start(): void;
  /** Reads the source and the files of credentials again, whether they changed or not. Never rejects. */
  reload(): ReloadResult | Promise<ReloadResult>;
  /** Not ok as long as no catalog was ever read. */
  health(): Health;
  /** Follows no more; the catalog in force stays. */
  close(): void | Promise<void>;
}
