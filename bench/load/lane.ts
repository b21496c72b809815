/** A way to make calls. What is answered is told by callbacks: a promise per call would be a good part of the client's time. */
export interface Lane {
  /** `n` tells which request. The lease's id; undefined where the answer is none. */
  select(n: number, answered: (leaseId: Buffer | undefined) => void): void;
  report(leaseId: Buffer, answered: (ok: boolean) => void): void;
  close(): void;
}

/** The full names of the methods, as HTTP/2 paths. */
export const paths = {
  select: '/remora.v1.RouterService/SelectAccount',
  report: '/remora.v1.RouterService/ReportResult',
  route: '/remora.v1.RouterService/Route',
} as const;
