import type { Registry } from 'prom-client';
import Histogram from 'prom-client/lib/histogram.js';
import { type Verdict, verdicts } from '../selection/verdict.ts';
import { createLabelled } from './labelled.ts';
import { type Count, createTallyFamily } from './tally.ts';
import { createTallyHistogram } from './tally-histogram.ts';

/**
 * How a selection ended: an account, the same lease again for a repeated request id, a wait plan, or a refusal by its kind.
 * `error` is a fault of remora's own.
 */
export const selectionOutcomes = [
  'selected',
  'replayed',
  'wait_plan',
  'exhausted',
  'precondition',
  'invalid',
  'not_found',
  'permission',
  'unavailable',
  'cancelled',
  'error',
] as const;

export type SelectionOutcome = (typeof selectionOutcomes)[number];

/** What became of the session's binding, as the answer says it. */
export type StickyLabel = 'NONE' | 'BOUND' | 'KEPT' | 'MOVED';

/** `prefetched`: the caller named the bound account itself, and nothing was read. */
export type StickyRead = 'hit' | 'miss' | 'error' | 'prefetched';

export type StickyChange = 'bound' | 'kept' | 'moved' | 'cleared';

export interface SelectionMetrics {
  /** Counts one selection. Sticky and tier are those of the account, and left out where there is none. */
  selections(outcome: SelectionOutcome, sticky?: StickyLabel, tier?: 0 | 1 | 2): void;
  /** From the request's arrival to its answer, waiting included. */
  observeDuration(seconds: number): void;
  /** Time spent in a wait queue, however it ended. */
  observeWait(seconds: number): void;
  /** Counts the accounts that gave a verdict in a selection that found none. */
  rejections(verdict: Verdict, accounts: number): void;
  stickyReads(result: StickyRead): void;
  stickyChanges(change: StickyChange): void;
}

const stickies = { NONE: 'none', BOUND: 'bound', KEPT: 'kept', MOVED: 'moved' } as const;
const tiers = ['0', '1', '2'] as const;
const noTier = tiers.length;

/** 50 µs to 1 s: a selection in memory takes well under a millisecond, one over a slow Redis tens of them. */
const selectionBuckets = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
];
/** 1 ms to 60 s: past the longest wait the defaults allow (45 s). */
const waitBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60];

/** Declares the metrics of selecting an account. */
export function createSelectionMetrics(registry: Registry): SelectionMetrics {
  const selections = createSelections(registry);
  const observeDuration = createTallyHistogram(registry, {
    name: 'remora_selection_duration_seconds',
    help: 'Time from a selection request to its answer, waiting included.',
    buckets: selectionBuckets,
  });
  const wait = new Histogram({
    name: 'remora_wait_duration_seconds',
    help: 'Time a selection spent waiting for a slot of an account.',
    buckets: waitBuckets,
    registers: [registry],
  });
  const rejections = createLabelled<Verdict>(registry, {
    name: 'remora_rejections_total',
    help: 'Accounts turned down, by verdict, in selections that found none.',
    label: 'verdict',
    values: verdicts.filter((verdict) => verdict !== 'ELIGIBLE'),
  });
  const reads = createLabelled(registry, {
    name: 'remora_sticky_reads_total',
    help: 'Look-ups of the account a session is bound to.',
    label: 'result',
    values: ['hit', 'miss', 'error', 'prefetched'],
  });
  const changes = createLabelled(registry, {
    name: 'remora_sticky_changes_total',
    help: 'What selections did to session bindings.',
    label: 'change',
    values: ['bound', 'kept', 'moved', 'cleared'],
  });
  return {
    selections: (outcome, sticky = 'NONE', tier) => selections[outcome][sticky][tier ?? noTier]?.inc(),
    observeDuration,
    observeWait: (seconds) => wait.observe(seconds),
    rejections: (verdict, accounts) => rejections(verdict).inc(accounts),
    stickyReads: (result) => reads(result).inc(),
    stickyChanges: (change) => changes(change).inc(),
  };
}

/** Every combination has its child, so that counting is three look-ups; the usual ones are exported from the start. */
function createSelections(registry: Registry) {
  const family = createTallyFamily(registry, {
    name: 'remora_selections_total',
    help: 'Selections by outcome, by what became of the session binding, and by the tier of the account.',
    labelNames: ['outcome', 'sticky', 'tier'],
  });
  const byTier = (outcome: SelectionOutcome, sticky: StickyLabel): readonly Count[] =>
    [...tiers, ''].map((tier) => {
      const fromStart = outcome === 'selected' ? tier !== '' : tier === '' && sticky === 'NONE';
      return family.child([outcome, stickies[sticky], tier], { fromStart });
    });
  const bySticky = (outcome: SelectionOutcome) => ({
    NONE: byTier(outcome, 'NONE'),
    BOUND: byTier(outcome, 'BOUND'),
    KEPT: byTier(outcome, 'KEPT'),
    MOVED: byTier(outcome, 'MOVED'),
  });
  const entries = selectionOutcomes.map((outcome) => [outcome, bySticky(outcome)] as const);
  return Object.fromEntries(entries) as Record<SelectionOutcome, ReturnType<typeof bySticky>>;
}
