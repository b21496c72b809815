// @ts-check
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heapFlags, mallocTunables, tunablesText } from './node-options.js';

/*
 * Some things Node takes only as it starts, so a process without them gives its place, id and all, to one that has them, which takes a
 * tenth of the start. An image brings them along. What the operator has set stays.
 *
 * Compiled code, types stripped, is kept between starts: in the directory that NODE_COMPILE_CACHE names, else in Node's usual one.
 * Measured, start after start: 108 MB resident against 124, for 20 ms of CPU time in 300. A directory that can't be written only
 * loses that. This file is JavaScript because the process that gives its place away would load what strips types for it, 75 ms.
 *
 * New objects get a heap of 16 MB before they are collected, by halves. Measured under full load, CPU time a call and what is
 * resident afterwards: 37.5 us and 230 to 270 MB, against 39.7 us and 365 MB with Node's own 32; 44 us with 4, 53 us with 1.
 *
 * The old heap is collected once it has grown by two fifths. Node lets a small one grow to its fourfold, and what its garbage holds
 * outside grows along. Measured after 300,000 selections over 100,000 sessions, resident under load and at rest: 256 and 193 MB
 * instead of 586 and 383, for no more CPU time that could be told.
 *
 * No object begins its life in the old heap: V8 takes what survives one bad moment for long-lived, and has parts of every later call
 * made there. Measured at 10,800 calls a second, one by one: full collections every 6 s instead of every 2. And they get one thread
 * beside the main one, not four, which take their time from the calls where a pod has one core: 99 % of the selections of 5 s within
 * 3 to 110 ms instead of 15 to 130. With none it is the same, but after an overload 450 MB are resident and not 340.
 *
 * What Node keeps of a call's headers is freed by a full collection, some 100,000 pieces at once, and glibc joins them with their
 * neighbours later, all at once. Without its fast bins it joins each as it is freed. Measured: calls stand still for 35 to 50 ms
 * instead of 45 to 75, for 2 % more CPU time a call.
 *
 * What is allocated outside V8's heap, SQLite's cache above all, may stand in huge pages where the system grants them to those that
 * ask. Measured over 10,000 accounts on a Route stream: 29.6 us of CPU a call instead of 32.4; over ten, and in memory, no difference.
 */
const {
  NODE_COMPILE_CACHE,
  NODE_DISABLE_COMPILE_CACHE,
  NODE_OPTIONS = '',
  GLIBC_TUNABLES = '',
} = process.env;
const keepsCode = NODE_COMPILE_CACHE !== undefined || NODE_DISABLE_COMPILE_CACHE !== undefined;
// An image brings the flags along; what its operator says in NODE_OPTIONS comes first all the same.
const hasOurs = heapFlags.every((flag) => process.execArgv.includes(flag));
const others = hasOurs ? process.execArgv.filter((flag) => !heapFlags.includes(flag)) : process.execArgv;
const isLeftAlone = /--(max|min)[-_]semi[-_]space[-_]size/.test([...others, NODE_OPTIONS].join(' '));
if (!keepsCode || hasOurs === isLeftAlone) {
  const flags = isLeftAlone ? others : [...others, ...heapFlags];
  const cache = keepsCode ? {} : { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') };
  const missing = mallocTunables.filter(({ name }) => !GLIBC_TUNABLES.includes(name));
  const tunables = [GLIBC_TUNABLES, tunablesText(missing)].filter((text) => text !== '').join(':');
  // Not there on Windows.
  process.execve?.(process.execPath, [process.execPath, ...flags, ...process.argv.slice(1)], {
    ...process.env,
    ...cache,
    GLIBC_TUNABLES: tunables,
  });
}

const { run } = await import('./cli.ts');
await run({ args: process.argv.slice(2), env: process.env });
