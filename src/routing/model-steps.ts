import type { CandidateQuery, Catalog, Group } from '../catalog/catalog.ts';

/** The parts of a request that decide which accounts are asked. */
export interface StepsRequest {
  readonly groupId: string;
  readonly model: string;
  /** Empty: the group's, else the default. */
  readonly platform: string;
}

/**
 * The model asked for, then its fallbacks in order, each with the platform it is asked of. A fallback written `x/y` goes to
 * platform x even where the request forced another: the operator named it for this model.
 */
export function modelSteps(
  catalog: Catalog,
  request: StepsRequest,
  defaultPlatform: string,
): readonly CandidateQuery[] {
  const { groupId, model } = request;
  const own = {
    groupId,
    model,
    platform: request.platform || groupPlatform(catalog.groups.get(groupId)) || defaultPlatform,
    platformForced: request.platform !== '',
  };
  const fallbacks = model === '' ? [] : catalog.fallbacksOf(model);
  if (fallbacks.length === 0) return [own];
  return [
    own,
    ...fallbacks.map((fallback) =>
      fallback.platform === undefined
        ? { ...own, model: fallback.model }
        : { groupId, model: fallback.model, platform: fallback.platform, platformForced: true },
    ),
  ];
}

function groupPlatform(group: Group | undefined): string {
  return group?.platform ?? '';
}
