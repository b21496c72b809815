import type { Group } from './catalog.ts';
import type { GroupDeclaration } from './declaration.ts';
import { PatternTable } from './pattern-table.ts';

/** A group as declared; `familyIds` gives the ids of all keys of a family by the family's id. */
export function buildGroup(
  declared: GroupDeclaration,
  familyIds: ReadonlyMap<string, readonly string[]>,
): Group {
  return new DeclaredGroup(declared, familyIds);
}

class DeclaredGroup implements Group {
  readonly id: string;
  readonly platform: string;
  readonly rateMultiplier: number;
  readonly userRates: ReadonlyMap<string, number>;
  readonly tierFallback?: boolean;
  readonly routing: PatternTable<ReadonlySet<string>>;

  constructor(declared: GroupDeclaration, familyIds: ReadonlyMap<string, readonly string[]>) {
    this.id = declared.id;
    this.platform = declared.platform;
    this.rateMultiplier = declared.rateMultiplier;
    this.userRates = declared.userRates;
    if (declared.tierFallback !== undefined) this.tierFallback = declared.tierFallback;
    this.routing = new PatternTable(
      [...declared.modelRouting].map(([pattern, accountIds]) => [
        pattern,
        new Set(accountIds.flatMap((id) => familyIds.get(id) ?? [id])),
      ]),
    );
  }

  routingOf(model: string): ReadonlySet<string> | undefined {
    return this.routing.find(model);
  }
}
