import type { Schedule } from '../failover/cooldown.ts';
import type { ValidSettings } from './schema/settings.ts';
import type { Settings } from './settings.ts';

/** The file's sections in the words of the code. */
export function toSettings(config: ValidSettings): Settings {
  const { listen, state, ledger, scheduling, caches } = config;
  return {
    listen: {
      grpc: listen.grpc,
      http: listen.http,
      ...(typeof listen.metrics === 'string' && { metrics: listen.metrics }),
    },
    state: {
      ...(typeof state.redis_url === 'string' && { redisUrl: state.redis_url }),
      namespace: state.namespace,
      timeoutMs: state.timeout,
      onOutage: state.on_outage,
    },
    ledger: {
      ...(typeof ledger.database_url === 'string' && { databaseUrl: ledger.database_url }),
      path: ledger.path,
    },
    catalogSource: config.catalog.source,
    defaultPlatform: config.default_platform,
    scheduling: {
      tierFallback: scheduling.tier_fallback,
      fallbackSelection: scheduling.fallback_selection,
      stickyTtlMs: scheduling.sticky_ttl,
      maxSessions: scheduling.max_sessions,
      stickyMaxWaiting: scheduling.sticky_max_waiting,
      stickyWaitTimeoutMs: scheduling.sticky_wait_timeout,
      fallbackMaxWaiting: scheduling.fallback_max_waiting,
      fallbackWaitTimeoutMs: scheduling.fallback_wait_timeout,
      leaseTtlMs: scheduling.lease_ttl,
    },
    caches: {
      userGroupRateTtlMs: caches.user_group_rate_ttl,
      modelsListTtlMs: caches.models_list_ttl,
      windowCostTtlMs: caches.window_cost_ttl,
    },
    cooldown: toCooldown(config.cooldown),
    exposeCredentials: config.credentials.expose,
    logLevel: config.log.level,
  };
}

function toCooldown(cooldown: ValidSettings['cooldown']): Settings['cooldown'] {
  return {
    standard: toSchedule(cooldown.standard),
    billing: toSchedule(cooldown.billing),
    overloaded: toSchedule(cooldown.overloaded),
    modelNotFoundMs: cooldown.model_not_found,
    forgetAfterMs: cooldown.forget_after,
    hintMinMs: cooldown.hint_min,
    hintMaxMs: cooldown.hint_max,
    probeAfterMs: cooldown.probe_after,
    probeTimeoutMs: cooldown.probe_timeout,
  };
}

function toSchedule(schedule: ValidSettings['cooldown']['standard']): Schedule {
  return {
    baseMs: schedule.base,
    growth: schedule.growth,
    maxSteps: schedule.max_steps,
    capMs: schedule.cap,
  };
}
