import type { Clock } from '../../../ports/clock.ts';
import type { StateChange } from '../../../ports/state-store.ts';
import type { News } from '../news.ts';
import type { Picture } from './picture.ts';

export interface NewsContext {
  readonly picture: Picture;
  /** This one: its own changes of standing are in place already. */
  readonly sidecar: string;
  readonly clock: Clock;
  readonly emit: (change: StateChange) => void;
}

/** How long a slot is left to the sidecar whose turn it is: some round trips. */
const turnMs = 20;

/** Takes what was published into the picture, and tells of it where it may let somebody go on. */
export function takeInNews(news: News, { picture, sidecar, clock, emit }: NewsContext): void {
  const { accountId, stamp } = news;
  if (news.kind === 'freed') {
    picture.hear(accountId, { stamp, inFlight: news.inFlight });
    const tell = () => emit({ kind: 'slot_freed', accountId, expired: false });
    if (news.turn === sidecar || news.turn === '') tell();
    // Another's turn. Where nobody takes it there, it is anybody's.
    else clock.schedule(turnMs, tell);
  } else if (news.sidecar !== sidecar) {
    if (picture.hear(accountId, { stamp, fields: news.fields }).standing)
      emit({ kind: 'standing', accountId });
  }
}
