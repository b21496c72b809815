import {
  compareStandings,
  type PlainQuestion,
  poolOf,
  type ReferenceAnswer,
  routedIds,
  type Standing,
  standingOf,
  stepsOf,
} from './reference-selection.ts';
import { type PlainAccount, referenceVerdict } from './reference-verdict.ts';

/**
 * The accounts passed over for their cooldown, model by model up to the one settled on: the session's own first, then those that
 * stand no lower than the one chosen, of its own family those before it. `chosenId` settles what is a tie to the reference.
 */
export function referencePassedOver(
  question: PlainQuestion,
  chosenId: string,
  answer: ReferenceAnswer,
): readonly string[] {
  const told: string[] = [];
  const known = (id: string, model: string) =>
    question.attempts.some((attempt) => attempt.accountId === id && attempt.model === model);
  for (const [index, step] of stepsOf(question).entries()) {
    const cools = (subject: PlainAccount) => {
      const verdict = referenceVerdict(subject, step, question);
      return verdict === 'COOLING_DOWN' || verdict === 'MODEL_COOLING_DOWN';
    };
    const routed = routedIds(question, step.model);
    const preference = (subject: PlainAccount): Standing => {
      const [detour, tier, priority] = standingOf(subject, routed, question);
      return [detour, tier, priority, 0, 0];
    };
    const settled = index === answer.step;
    const chosen = settled && answer.kind === 'claim' ? find(question, chosenId) : undefined;
    const own = find(question, question.boundTo);
    const kept =
      own !== undefined && poolOf(question).includes(own) && routed?.includes(own.account.id) !== false;
    const passed = kept && cools(own) ? [own] : [];
    if (!question.requireSticky && !(settled && answer.bound)) {
      const others = poolOf(question).filter((subject) => {
        if (!cools(subject)) return false;
        if (chosen === undefined) return true;
        const family = subject.account.family;
        if (family !== undefined && family.id === chosen.account.family?.id)
          return family.index < chosen.account.family.index;
        return compareStandings(preference(subject), preference(chosen)) <= 0;
      });
      passed.push(...others.slice(0, 32));
    }
    for (const { account } of passed)
      if (!known(account.id, step.model) && !told.includes(`${account.id} ${step.model}`))
        told.push(`${account.id} ${step.model}`);
    if (settled) break;
  }
  return told;
}

function find({ accounts }: PlainQuestion, id: string): PlainAccount | undefined {
  return accounts.find(({ account }) => account.id === id);
}
