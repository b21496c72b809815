/** What was started, or why it could not be. */
export async function orFault<Value>(started: Promise<Value>): Promise<Value | Error> {
  try {
    return await started;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
