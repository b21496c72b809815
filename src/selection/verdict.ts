/** What a selection says of one account. The order is the order of the filters; the last three are settled at the claim. */
export const verdicts = [
  'ELIGIBLE',
  'EXCLUDED',
  'DISABLED',
  'PLATFORM_MISMATCH',
  'MODEL_UNSUPPORTED',
  'COOLING_DOWN',
  'MODEL_COOLING_DOWN',
  'QUOTA_EXCEEDED',
  'WINDOW_COST_EXCEEDED',
  'RPM_EXCEEDED',
  'SESSION_LIMIT',
  'PROBING',
  'CONCURRENCY_FULL',
] as const;

export type Verdict = (typeof verdicts)[number];
