/** Where a user's own rate in a group comes from. Asynchronous whatever stands behind it. */
export interface UserRateSource {
  /** The multiplier, or undefined where the user has none of their own there. Rejects where the source can't answer. */
  userRate(userId: string, groupId: string): Promise<number | undefined>;
}
