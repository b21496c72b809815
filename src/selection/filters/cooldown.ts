import type { CooldownRecord } from '../../failover/cooldown.ts';
import type { Filter } from './filter.ts';

/** The account cools down, whatever the model. */
export const coolingDown: Filter = {
  verdict: 'COOLING_DOWN',
  rejects: ({ figures }, context) => {
    const record = figures.cooldown;
    return record !== undefined && record.untilMs > context.nowMs;
  },
  standsUntilMs: ({ figures }, { nowMs }) => endOf(figures.cooldown, nowMs),
  opensAtMs: ({ figures }) => figures.cooldown?.untilMs,
};

/** The account cools down for this model. */
export const modelCoolingDown: Filter = {
  verdict: 'MODEL_COOLING_DOWN',
  rejects: ({ figures }, context) => {
    const record = figures.modelCooldown(context.model);
    return record !== undefined && record.untilMs > context.nowMs;
  },
  standsUntilMs: ({ figures }, { nowMs, model }) => endOf(figures.modelCooldown(model), nowMs),
  opensAtMs: ({ figures }, context) => figures.modelCooldown(context.model)?.untilMs,
};

function endOf(record: CooldownRecord | undefined, nowMs: number): number {
  return record !== undefined && record.untilMs > nowMs ? record.untilMs : Number.POSITIVE_INFINITY;
}
