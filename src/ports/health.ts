/** How a part of the sidecar is. `note`: something is wrong that keeps nobody from being served. Both are sentences for people. */
export type Health =
  | { readonly ok: true; readonly note?: string }
  | { readonly ok: false; readonly reason: string };
