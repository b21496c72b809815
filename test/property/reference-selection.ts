import type { CatalogDeclaration } from '../../src/catalog/declaration.ts';
import type { Verdict } from '../../src/selection/verdict.ts';
import {
  type PlainAccount,
  type PlainRequest,
  type PlainStep,
  referenceVerdict,
} from './reference-verdict.ts';

/** What a selection is asked, in plain values. */
export interface PlainQuestion extends PlainRequest {
  readonly declaration: CatalogDeclaration;
  /** In the catalog's order. */
  readonly accounts: readonly PlainAccount[];
  readonly model: string;
  readonly platform: string;
  readonly requireSticky: boolean;
  readonly tierFallback: boolean;
  readonly leastRecentlyUsed: boolean;
}

/** Where a unit stands: compared field by field, lower first. Ties are anybody's. */
export type Standing = readonly [
  detour: number,
  tier: number,
  priority: number,
  loadRate: number,
  lastUsed: number,
];

export interface Unit {
  readonly standing: Standing;
  /** The keys of a family that fit, in their order; one for any other account. */
  readonly ids: readonly string[];
}

export interface ReferenceAnswer {
  readonly kind: 'claim' | 'wait' | 'reject';
  readonly model: string;
  /** Which of the request's models that is; one more than there are where it is none. */
  readonly step: number;
  /** The session's own account was settled on. */
  readonly bound: boolean;
  /** What may be claimed, or waited for, best first. */
  readonly units: readonly Unit[];
  readonly lost: { readonly accountId: string; readonly verdict: Verdict } | undefined;
  readonly dropBinding: boolean;
}

const stickyMaxWaiting = 3;

/** Selection as the rules tell it: judge everyone, sort everything. */
export function referenceSelection(question: PlainQuestion): ReferenceAnswer {
  const { boundTo, requireSticky } = question;
  const pool = poolOf(question);
  const own = pool.find(({ account }) => account.id === boundTo);
  let lost: ReferenceAnswer['lost'];
  let dropBinding = false;
  for (const [index, step] of stepsOf(question).entries()) {
    const verdictOf = (subject: PlainAccount) => referenceVerdict(subject, step, question);
    const answer = (kind: ReferenceAnswer['kind'], bound: boolean, units: readonly Unit[]) => ({
      kind,
      model: step.model,
      step: index,
      bound,
      units,
      lost,
      dropBinding,
    });
    const routed = routedIds(question, step.model);
    if (boundTo !== '') {
      const verdict = own === undefined ? 'DISABLED' : verdictOf(own);
      if (own !== undefined && (routed === undefined || routed.includes(boundTo))) {
        const unit = { standing: standingOf(own, routed, question), ids: [boundTo] };
        if (verdict === 'ELIGIBLE') return answer('claim', true, [unit]);
        const full = verdict === 'CONCURRENCY_FULL' || verdict === 'PROBING';
        if (full && (requireSticky || own.figures.waiting < stickyMaxWaiting))
          return answer('wait', true, [unit]);
      }
      if (index === 0) {
        lost = { accountId: boundTo, verdict };
        dropBinding = own === undefined || isOut(own, step, question);
      }
    }
    if (requireSticky) continue;
    const able = unitsOf(pool, (subject) => verdictOf(subject) === 'ELIGIBLE', routed, question);
    if (able.length > 0) return answer('claim', false, able);
    const full = unitsOf(
      pool,
      (subject) => ['CONCURRENCY_FULL', 'PROBING'].includes(verdictOf(subject)),
      routed,
      question,
    );
    if (full.length > 0) return answer('wait', false, full);
  }
  return {
    kind: 'reject',
    model: '',
    step: stepsOf(question).length,
    bound: false,
    units: [],
    lost,
    dropBinding,
  };
}

export function poolOf({ accounts, groupId }: PlainQuestion): readonly PlainAccount[] {
  return accounts.filter(({ account }) =>
    groupId === '' ? account.groupIds.length === 0 : account.groupIds.includes(groupId),
  );
}

export function stepsOf({ declaration, groupId, model, platform }: PlainQuestion): readonly PlainStep[] {
  const group = declaration.groups.find(({ id }) => id === groupId);
  const own = { model, platform: platform || group?.platform || 'anthropic', forced: platform !== '' };
  const names = model === 'm' ? (declaration.models[0]?.fallbacks ?? []) : [];
  const speaks = (name: string) => declaration.accounts.some((account) => account.platform === name);
  return [
    own,
    ...names.map((name) => {
      const [first, rest] = name.split('/');
      return rest !== undefined && speaks(first!)
        ? { model: rest, platform: first!, forced: true }
        : { ...own, model: name };
    }),
  ];
}

export function routedIds(
  { declaration, accounts, groupId }: PlainQuestion,
  model: string,
): readonly string[] | undefined {
  const routing = declaration.groups.find(({ id }) => id === groupId)?.modelRouting;
  const declared = routing?.get(model) ?? routing?.get('*');
  return (
    declared &&
    accounts.filter((subject) => declared.includes(subject.declared.id)).map(({ account }) => account.id)
  );
}

export function standingOf(
  { account, declared, figures }: PlainAccount,
  routed: readonly string[] | undefined,
  question: PlainQuestion,
): Standing {
  const group = question.declaration.groups.find(({ id }) => id === question.groupId);
  const tiers = group?.tierFallback ?? question.tierFallback;
  const tier = declared.type === 'api_key' ? 1 : declared.type === 'bedrock' ? 2 : 0;
  const factor = declared.loadFactor ?? declared.concurrency;
  return [
    routed === undefined || routed.includes(account.id) ? 0 : 1,
    tiers ? tier : 0,
    declared.priority,
    factor === 0 ? 0 : (figures.inFlight + figures.waiting) / factor,
    question.leastRecentlyUsed ? figures.lastUsedAt : 0,
  ];
}

/** Units of which some account fits, best first; a family stands where its first key that fits would. */
function unitsOf(
  pool: readonly PlainAccount[],
  fits: (subject: PlainAccount) => boolean,
  routed: readonly string[] | undefined,
  question: PlainQuestion,
): readonly Unit[] {
  const families = Map.groupBy(pool, ({ declared }) => declared.id);
  const units = [...families.values()].flatMap((family) => {
    const fitting = family.filter(fits);
    const [first] = fitting;
    if (first === undefined) return [];
    return [{ standing: standingOf(first, routed, question), ids: fitting.map(({ account }) => account.id) }];
  });
  return units.sort((one, other) => compareStandings(one.standing, other.standing));
}

export function compareStandings(one: Standing, other: Standing): number {
  for (const [index, value] of one.entries()) if (value !== other[index]) return value - other[index]!;
  return 0;
}

/** Out of service or cooling, for everybody: such an account keeps no session. */
function isOut({ declared, figures }: PlainAccount, { model }: PlainStep, question: PlainQuestion): boolean {
  const { nowMs } = question;
  const schedulable = figures.override?.schedulable ?? declared.schedulable;
  if (declared.status !== 'active' || !schedulable) return true;
  if (declared.expiresAtMs !== undefined && declared.expiresAtMs <= nowMs) return true;
  if (question.requireSticky) return false;
  const until = [figures.cooldown?.untilMs ?? 0, figures.byModel.get(model)?.untilMs ?? 0];
  return Math.max(...until) > nowMs;
}
