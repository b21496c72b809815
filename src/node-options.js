// @ts-check

/** V8's settings that remora serves with; main.js says why. The Dockerfile has them too: its test compares. */
export const heapFlags = [
  '--max-semi-space-size=16',
  '--heap-growing-percent=40',
  '--no-allocation-site-pretenuring',
  '--v8-pool-size=1',
];

/** glibc's, by name and value, as in GLIBC_TUNABLES. */
export const mallocTunables = [
  { name: 'glibc.malloc.mxfast', value: '0' },
  { name: 'glibc.malloc.hugetlb', value: '1' },
];

/** As GLIBC_TUNABLES has them. */
export function tunablesText(tunables = mallocTunables) {
  return tunables.map(({ name, value }) => `${name}=${value}`).join(':');
}
