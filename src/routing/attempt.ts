import type { Chain, ChainRequest } from '../ports/state-store.ts';
import type { Call, SelectRequest } from './api.ts';
import type { Lost } from './decide.ts';

/** What one SelectAccount carries through its tries and waits. */
export interface Attempt {
  readonly request: SelectRequest;
  readonly origin: ChainRequest;
  /** The attempts before, where this one follows a failure. */
  readonly chain: Chain | undefined;
  /** Empty: no idempotency. */
  readonly requestKey: string;
  readonly call: Call;
  /** What the caller says the session is bound to; undefined where the store is asked. */
  readonly prefetched: string | undefined;
  /** What the store says, where it is not what was assumed. */
  corrected: string | undefined;
  /** The binding this call found unfit. */
  lost: Lost | undefined;
  stickyCounted: boolean;
}
