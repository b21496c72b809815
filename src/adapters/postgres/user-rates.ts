import type { UserRateSource } from '../../ports/user-rates.ts';
import type { PostgresDatabase } from './database.ts';

/** Users' rates as the table `user_rates` has them at the time of asking. One statement a look-up; a cache belongs in front of it. */
export function createPostgresUserRates(database: Pick<PostgresDatabase, 'query'>): UserRateSource {
  return {
    async userRate(userId, groupId) {
      const [row] = await database.query<{ multiplier: number }>('user-rate', [userId, groupId]);
      return row?.multiplier;
    },
  };
}
