import { broadCodes, genericCodes } from './codes-broad.ts';
import { type CodeTable, namedCodes } from './codes-named.ts';
import { baseRespCodes, numberedCodes, vagueBaseRespNumbers, vagueNumbers } from './codes-numbered.ts';
import type { FailoverReason } from './failure.ts';

/** A code and what it means. */
export interface CodeFinding {
  readonly code: string;
  readonly reason: FailoverReason;
}

const baseRespPrefix = 'base_resp:';

const named = tableOf(namedCodes);
const numbered = tableOf([numberedCodes], [baseRespCodes]);
const broad = tableOf([broadCodes]);
const generic = tableOf([genericCodes, vagueNumbers], [vagueBaseRespNumbers]);

/** The meaning of the first code that outweighs words: an exact name, else a provider's number, else a broad name. */
export function specificCode(codes: readonly string[]): CodeFinding | undefined {
  return firstIn(named, codes) ?? firstIn(numbered, codes) ?? firstIn(broad, codes);
}

/** The meaning of the first code that only counts where words say nothing. */
export function genericCode(codes: readonly string[]): CodeFinding | undefined {
  return firstIn(generic, codes);
}

function firstIn(
  table: ReadonlyMap<string, FailoverReason>,
  codes: readonly string[],
): CodeFinding | undefined {
  for (const code of codes) {
    const bare = bareCode(code);
    for (const name of namesOf(bare)) {
      const reason = table.get(name);
      if (reason !== undefined) return { code: bare, reason };
    }
  }
  return undefined;
}

/** A code without what AWS puts around it: `com.amazon#ThrottlingException`, `ThrottlingException:http://...`. */
function bareCode(code: string): string {
  if (code.startsWith(baseRespPrefix)) return code;
  const bare = code.slice(code.lastIndexOf('#') + 1).split(':', 1)[0]!;
  return bare.replaceAll(/\s+/g, ' ').trim();
}

/** The forms under which a code may be listed: some are refined by a dot (`Throttling.RateQuota`). */
function namesOf(bare: string): readonly string[] {
  if (bare.startsWith(baseRespPrefix)) return [bare];
  const [first, last] = [bare.indexOf('.'), bare.lastIndexOf('.')];
  const whole = folded(bare);
  return first === -1 ? [whole] : [whole, folded(bare.slice(0, first)), folded(bare.slice(last + 1))];
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_.-]/g, '');
}

function tableOf(
  tables: readonly CodeTable[],
  baseResp: readonly CodeTable[] = [],
): ReadonlyMap<string, FailoverReason> {
  const entries = new Map<string, FailoverReason>();
  for (const table of tables) {
    for (const [name, reason] of Object.entries(table)) entries.set(folded(name), reason);
  }
  for (const table of baseResp) {
    for (const [number, reason] of Object.entries(table)) entries.set(`${baseRespPrefix}${number}`, reason);
  }
  return entries;
}
