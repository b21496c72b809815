const printed: readonly RegExp[] = [
  // gRPC: "rpc error: code = ResourceExhausted desc = ...", "StatusCode.UNAVAILABLE".
  /\bcode = (\w{1,64})/g,
  /\bstatuscode\.(\w{1,64})/g,
  // AWS SDKs: "An error occurred (ThrottlingException) when calling ...", "ThrottlingException: ...".
  /\((\w{1,64})\) when calling/g,
  /\b(\w{1,64}exception):/g,
];

/** The provider's codes that clients print in the lower-case words of their own errors. */
export function codesPrintedIn(words: string): readonly string[] {
  return printed.flatMap((pattern) => [...words.matchAll(pattern)].map((found) => found[1]!));
}
