import type { RedisClient } from './connect.ts';
import type { FieldList } from './picture/shared-figures.ts';

/** What the scripts publish (lua/includes/news.lua). */
export type News =
  | {
      readonly kind: 'freed';
      readonly accountId: string;
      readonly stamp: number;
      readonly inFlight: number;
      /** The sidecar whose turn it is; empty: any. */
      readonly turn: string;
    }
  | {
      readonly kind: 'standing';
      readonly accountId: string;
      readonly stamp: number;
      readonly sidecar: string;
      readonly fields: FieldList;
    };

/** Where news comes from. Some may be lost: the regular exchange brings what they told, half a second later. */
export interface NewsSource {
  /** Whether news arrives at present. */
  readonly isLive: boolean;
  /** Returns the unsubscription. */
  subscribe(listener: (news: News) => void): () => void;
}

/** Listens on a connection of its own, subscribed anew whenever that is. */
export function createNewsSource(client: RedisClient, channel: string): NewsSource {
  const listeners = new Set<(news: News) => void>();
  let isLive = false;
  client.on('ready', () => {
    client.subscribe(channel).then(
      () => {
        isLive = true;
      },
      () => client.disconnect(true),
    );
  });
  client.on('close', () => {
    isLive = false;
  });
  client.on('message', (_, message: string) => {
    const news = readNews(message);
    if (news !== undefined) for (const listener of listeners) listener(news);
  });
  return {
    get isLive() {
      return isLive;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Undefined where the message is of a kind this version does not know. */
export function readNews(message: string): News | undefined {
  const parts: unknown = JSON.parse(message);
  if (!Array.isArray(parts)) return undefined;
  const [kind, accountId, stamp, fourth, ...fields] = parts as readonly string[];
  if (accountId === undefined || fourth === undefined) return undefined;
  if (kind === 'freed')
    return { kind, accountId, stamp: Number(stamp), inFlight: Number(fourth), turn: fields[0] ?? '' };
  if (kind === 'standing') return { kind, accountId, stamp: Number(stamp), sidecar: fourth, fields };
  return undefined;
}
