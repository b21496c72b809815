import { expect, test } from 'vitest';
import { isLocalAddress, parseListenAddress } from '../../../src/config/address.ts';

test.each([
  ['127.0.0.1:50051', { kind: 'tcp', host: '127.0.0.1', port: 50_051 }],
  ['localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
  ['[::1]:9464', { kind: 'tcp', host: '::1', port: 9_464 }],
  ['my-host.example.com:65535', { kind: 'tcp', host: 'my-host.example.com', port: 65_535 }],
  ['unix:/run/remora.sock', { kind: 'unix', path: '/run/remora.sock' }],
  ['unix:///run/remora.sock', { kind: 'unix', path: '/run/remora.sock' }],
  ['unix:remora.sock', { kind: 'unix', path: 'remora.sock' }],
])('%s is an address', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});

test.each([
  '',
  ':50051',
  '50051',
  'localhost',
  'localhost:',
  'localhost:65536',
  'localhost:-1',
  '::1:9464',
  '[localhost]:1',
  '[::1]',
  '127.0.0.256:1',
  '127.1:1',
  'http://localhost:1',
  'bad host:1',
  'unix:',
  `unix:/${'x'.repeat(107)}`,
])('%j is no address', (text) => {
  expect(parseListenAddress(text)).toBeUndefined();
});

test.each([
  ['127.0.0.1:1', true],
  ['127.255.0.9:1', true],
  ['LocalHost:1', true],
  ['[::1]:1', true],
  ['[0:0:0:0:0:0:0:1]:1', true],
  ['unix:/s', true],
  ['0.0.0.0:1', false],
  ['[::]:1', false],
  ['128.0.0.1:1', false],
  ['10.0.0.1:1', false],
  ['127.example.com:1', false],
  ['localhost.example.com:1', false],
])('whether only this machine reaches %s: %s', (text, local) => {
  const address = parseListenAddress(text);
  expect(address && isLocalAddress(address)).toBe(local);
});
