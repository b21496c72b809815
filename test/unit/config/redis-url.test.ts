import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../../src/config/redis-url.ts';

const plain = { kind: 'single', tls: false, username: '', password: '', db: 0, master: '' };

describe('a Redis URL', () => {
  it.each([
    ['redis://cache', { ...plain, hosts: [{ host: 'cache', port: 6379 }] }],
    ['redis://127.0.0.1:7000/3', { ...plain, hosts: [{ host: '127.0.0.1', port: 7000 }], db: 3 }],
    ['redis://[::1]:7000', { ...plain, hosts: [{ host: '::1', port: 7000 }] }],
    [
      'rediss://me:p%40ss@cache',
      { ...plain, tls: true, username: 'me', password: 'p@ss', hosts: [{ host: 'cache', port: 6379 }] },
    ],
    ['redis://:secret@cache/', { ...plain, password: 'secret', hosts: [{ host: 'cache', port: 6379 }] }],
    ['redis://secret@cache', { ...plain, password: 'secret', hosts: [{ host: 'cache', port: 6379 }] }],
    [
      'redis+sentinel://:pw@s1,s2:26380/mymaster/2',
      {
        ...plain,
        kind: 'sentinel',
        password: 'pw',
        master: 'mymaster',
        db: 2,
        hosts: [
          { host: 's1', port: 26379 },
          { host: 's2', port: 26380 },
        ],
      },
    ],
    [
      'rediss+cluster://n1:7001,n2:7002',
      {
        ...plain,
        kind: 'cluster',
        tls: true,
        hosts: [
          { host: 'n1', port: 7001 },
          { host: 'n2', port: 7002 },
        ],
      },
    ],
  ])('%s is read', (url, address) => {
    expect(parseRedisUrl(url)).toEqual(address);
  });

  it.each([
    ['http://cache', 'begins with'],
    ['cache:6379', 'begins with'],
    ['redis://a,b', 'several hosts'],
    ['redis://cache:99999', 'host or host:port'],
    ['redis://me:pass/word@cache', '%2F'],
    ['redis://:100%@cache', '%25'],
    ['redis://cache:6379/first', 'a number'],
    ['redis+sentinel://s1', 'name of the master'],
    ['redis+cluster://n1/1', 'no databases'],
  ])('%s is refused, in words', (url, words) => {
    expect(() => parseRedisUrl(url)).toThrow(words);
  });

  it('that is refused does not show its password', () => {
    for (const url of [
      'redis://me:hunter2/@cache',
      'redis://:hunter2@a,b',
      'redis://me:hunter2@cache:6379/x',
      'foo://me:hunter2@cache',
    ])
      expect(() => parseRedisUrl(url)).toThrow(expect.not.stringContaining('hunter2') as never);
  });
});
