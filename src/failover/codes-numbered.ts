import type { CodeTable } from './codes-named.ts';

/*
 * Numbers mean other things at other providers, so they are told apart by where they stand: Zhipu's in `code`, MiniMax's in
 * `base_resp.status_code`. A name beside a number (Mistral's `rate_limited` beside 1300) goes first.
 */

/** Zhipu's business codes, and the few of others that do not collide with them. */
export const numberedCodes: CodeTable = {
  1000: 'AUTH',
  1001: 'AUTH',
  1002: 'AUTH',
  1003: 'AUTH',
  1004: 'AUTH',
  1110: 'AUTH',
  1111: 'AUTH',
  1112: 'AUTH',
  1113: 'BILLING',
  1120: 'SERVER_ERROR',
  1121: 'AUTH',
  1210: 'FORMAT',
  1211: 'MODEL_NOT_FOUND',
  1212: 'FORMAT',
  1213: 'FORMAT',
  1214: 'FORMAT',
  1215: 'FORMAT',
  1220: 'AUTH',
  1221: 'MODEL_NOT_FOUND',
  1222: 'MODEL_NOT_FOUND',
  1230: 'SERVER_ERROR',
  1231: 'FORMAT',
  1234: 'SERVER_ERROR',
  1261: 'CONTEXT_OVERFLOW',
  1300: 'FORMAT',
  1301: 'FORMAT',
  1302: 'RATE_LIMIT',
  1303: 'RATE_LIMIT',
  1304: 'RATE_LIMIT',
  1308: 'RATE_LIMIT',
  1309: 'BILLING',
  1310: 'RATE_LIMIT',
  1311: 'MODEL_NOT_FOUND',
  1312: 'OVERLOADED',
  1313: 'RATE_LIMIT',
  // Mistral
  3505: 'OVERLOADED',
  // SiliconFlow
  20012: 'MODEL_NOT_FOUND',
  30001: 'BILLING',
  50505: 'OVERLOADED',
};

/** MiniMax answers most failures with HTTP 200 and one of these. */
export const baseRespCodes: CodeTable = {
  1001: 'TIMEOUT',
  1002: 'RATE_LIMIT',
  1004: 'AUTH',
  1008: 'BILLING',
  1013: 'SERVER_ERROR',
  1024: 'SERVER_ERROR',
  1026: 'FORMAT',
  1027: 'FORMAT',
  1033: 'SERVER_ERROR',
  1039: 'RATE_LIMIT',
  1041: 'RATE_LIMIT',
  1042: 'FORMAT',
  2042: 'AUTH',
  2045: 'RATE_LIMIT',
  2048: 'FORMAT',
  2049: 'AUTH',
  2056: 'RATE_LIMIT',
  2061: 'MODEL_NOT_FOUND',
};

/** Numbers whose providers' words say more: Zhipu's 1305 is a rate limit or an overload, MiniMax's 2013 any bad parameter. */
export const vagueNumbers: CodeTable = { 1200: 'FORMAT', 1305: 'RATE_LIMIT' };
export const vagueBaseRespNumbers: CodeTable = { 1000: 'SERVER_ERROR', 2013: 'FORMAT' };
