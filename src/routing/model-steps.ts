import type { CandidateQuery, Catalog, ModelFallback } from '../catalog/catalog.ts';

/** The parts of a request that decide which accounts are asked. */
export interface StepsRequest {
  readonly groupId: string;
  readonly model: string;
  /** Empty: the group's, else the default. */
  readonly platform: string;
}

/**
 * The model asked for, then its fallbacks in order, each with the platform it is asked of; none that asks the same accounts
 * again. A fallback written `x/y` goes to platform x even where the request forced another: the operator named it for this
 * model.
 */
export function modelSteps(
  catalog: Catalog,
  request: StepsRequest,
  defaultPlatform: string,
): readonly CandidateQuery[] {
  const { groupId, model } = request;
  const own: CandidateQuery = {
    groupId,
    model,
    platform: request.platform || (catalog.groups.get(groupId)?.platform ?? '') || defaultPlatform,
    platformForced: request.platform !== '',
  };
  const fallbacks = model === '' ? [] : catalog.fallbacksOf(model);
  if (fallbacks.length === 0) return [own];
  const steps = [own];
  for (const fallback of fallbacks) {
    const step = fallbackStep(own, fallback);
    if (!steps.some((earlier) => covers(earlier, step))) steps.push(step);
  }
  return steps;
}

function fallbackStep(own: CandidateQuery, { model, platform }: ModelFallback): CandidateQuery {
  return platform === undefined ? { ...own, model } : { ...own, model, platform, platformForced: true };
}

/** Whether every account of the later step was asked at the earlier one: a platform that is not forced only adds some. */
function covers(earlier: CandidateQuery, later: CandidateQuery): boolean {
  return (
    earlier.model === later.model &&
    earlier.platform === later.platform &&
    (!earlier.platformForced || later.platformForced)
  );
}
