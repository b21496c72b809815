/** What a request may weigh. Bytes are UTF-8 bytes; of what a report quotes from an upstream, the rest is dropped, not refused. */
export const limits = {
  /** An id, a model, a session, a user, a platform, a request id. */
  textBytes: 256,
  /** A lease id of ours names account, group and model, so long names make it longer than other ids. */
  leaseIdBytes: 2048,
  /** An operator's reason, kept with the override. */
  reasonBytes: 1024,
  exclusions: 1000,
  /** The longest wait a caller may ask for; more is held to it. The queues have limits of their own, far below. */
  maxWaitMs: 3_600_000,
  leaseTtlMinMs: 1000,
  leaseTtlMaxMs: 3_600_000,
  /** Of a failure's body, and of the caller's own words on it. */
  failureTextBytes: 16 * 1024,
  headers: 64,
  headerNameBytes: 256,
  headerValueBytes: 4096,
  /** A call, in protobuf's binary form. */
  requestBytes: 256 * 1024,
  reportBytes: 1024 * 1024,
  /** What is read from the wire at all. Beyond it, the protocol's own RESOURCE_EXHAUSTED answers. */
  messageBytes: 4 * 1024 * 1024,
} as const;
