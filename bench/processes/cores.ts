/** Where processes run: what is measured has a core to itself; the load, and a Redis, share the other. */
export const cores = { server: 0, load: 1 } as const;
