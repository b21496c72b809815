import type { StateChange } from '../../../ports/state-store.ts';
import type { News } from '../news.ts';
import type { Picture } from './picture.ts';

export interface NewsContext {
  readonly picture: Picture;
  /** This one: its own changes of standing are in place already. */
  readonly sidecar: string;
  readonly emit: (change: StateChange) => void;
}

/** Takes what was published into the picture, and tells of it where it may let somebody go on. */
export function takeInNews(news: News, { picture, sidecar, emit }: NewsContext): void {
  const { accountId, stamp } = news;
  if (news.kind === 'freed') {
    picture.hear(accountId, { stamp, inFlight: news.inFlight });
    emit({ kind: 'slot_freed', accountId, expired: false });
  } else if (news.sidecar !== sidecar) {
    if (picture.hear(accountId, { stamp, fields: news.fields }).standing)
      emit({ kind: 'standing', accountId });
  }
}
