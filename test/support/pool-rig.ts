import type { Catalog } from '../../src/catalog/catalog.ts';
import type { ChainAttempt } from '../../src/ports/state-store.ts';
import { type Decision, decide, type Query } from '../../src/routing/decide.ts';
import { createDraws } from '../../src/routing/draws.ts';
import { PoolEntries } from '../../src/routing/pool-entries.ts';
import { type Survey, surveyPool } from '../../src/routing/survey.ts';
import { nothingRead } from '../../src/selection/context.ts';
import { FiguresLog } from '../../src/selection/figures-log.ts';
import { catalogFrom, parsed } from '../unit/config/parsed.ts';
import { PlainFigures } from './plain-figures.ts';

/** Monday, 12:30 UTC. */
export const nowMs = Date.UTC(2026, 0, 5, 12, 30);
export const thisHourMs = Date.UTC(2026, 0, 5, 12);

/** What a test asks: a request's own fields beside those of the query. */
export type Ask = Partial<Query['request']> & Partial<Omit<Query, 'catalog' | 'request' | 'settings'>>;

/** Accounts as a configuration says them, with figures as a test says them. */
export interface PoolRig {
  readonly catalog: Catalog;
  /** The figures of an account, to be changed at will. */
  figures(accountId: string): PlainFigures;
  decide(ask?: Ask): Decision;
  survey(ask?: Ask): Survey;
}

/** The rig for a configuration in YAML. */
export function poolRig(text: string): PoolRig {
  const catalog = catalogFrom(text);
  const { settings } = parsed(text);
  const byId = new Map<string, PlainFigures>();
  const figures = (accountId: string): PlainFigures => {
    const known = byId.get(accountId) ?? new PlainFigures();
    byId.set(accountId, known);
    return known;
  };
  const pools = new PoolEntries({
    state: {
      figures,
      candidatesWorth: 8,
      // Tests change figures as they like, and tell nobody: each look finds them all changed.
      get figuresLog() {
        return new FiguresLog();
      },
    },
    settings,
    random: createDraws(1),
  });
  const queryOf = (ask: Ask): Query => {
    const { requireSticky, chain, boundAccountId, read, waitsAt, isSpokenFor, ...request } = ask;
    return {
      catalog,
      settings,
      request: {
        groupId: '',
        model: 'm',
        sessionId: '',
        userId: '',
        platform: '',
        excludedAccountIds: [],
        leaseTtlMs: 0,
        ...request,
      },
      requireSticky: requireSticky ?? false,
      chain,
      boundAccountId: boundAccountId ?? '',
      nowMs: ask.nowMs ?? nowMs,
      read: read ?? nothingRead,
      waitsAt,
      isSpokenFor: isSpokenFor ?? (() => false),
    };
  };
  return {
    catalog,
    figures,
    decide: (ask = {}) => decide(queryOf(ask), pools),
    survey: (ask = {}) => surveyPool(queryOf(ask), pools),
  };
}

/** The accounts a decision would claim, best first; none where it would not claim. */
export function claimed({ action }: Decision): readonly string[] {
  return action.kind === 'claim' ? action.candidates.map(({ accountId }) => accountId) : [];
}

/** The accounts a decision would wait for, best first; none where it would not wait. */
export function awaited({ action }: Decision): readonly string[] {
  return action.kind === 'wait' ? action.entries.map(({ account }) => account.id) : [];
}

/** The model a decision settled on. */
export function modelOf({ action }: Decision): string {
  return action.kind === 'reject' ? '' : action.step.model;
}

/** An attempt of a chain that failed at the account. */
export function attemptAt(accountId: string, more: Partial<ChainAttempt> = {}): ChainAttempt {
  return {
    accountId,
    model: 'm',
    reason: 'RATE_LIMIT',
    skipped: false,
    durationMs: 10,
    platform: 'anthropic',
    fingerprint: '',
    ...more,
  };
}
