import type { Registry } from 'prom-client';
import { type Count, createTallyFamily } from './tally.ts';

export interface LabelledOptions<Value extends string> {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** The values exported as 0 from the start. */
  readonly values: readonly Value[];
}

/** A counter with one label. Finding a child is one Map look-up; a value outside the list gets its child when first counted. */
export function createLabelled<Value extends string>(
  registry: Registry,
  options: LabelledOptions<Value>,
): (value: Value) => Count {
  const { name, help, label, values } = options;
  const family = createTallyFamily(registry, { name, help, labelNames: [label] });
  const children = new Map<Value, Count>();
  for (const value of values) children.set(value, family.child([value]));
  return (value) => {
    let child = children.get(value);
    if (child === undefined) {
      child = family.child([value], { fromStart: false });
      children.set(value, child);
    }
    return child;
  };
}
