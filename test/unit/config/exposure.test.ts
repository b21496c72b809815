import { expect, test } from 'vitest';
import { parsed } from './parsed.ts';

test.each([
  'listen: {grpc: ["unix:/run/r.sock", "localhost:1"], http: "[::1]:2"}',
  // The third listener serves no credentials.
  'listen: {metrics: "0.0.0.0:9465"}',
  'listen: {grpc: "127.9.9.9:1"}',
])('credentials may be exposed with %s', (listen) => {
  expect(parsed(`${listen}\ncredentials: {expose: true}`).settings.exposeCredentials).toBe(true);
});

test('two listeners may both let the system choose a port', () => {
  const { listen } = parsed('listen: {grpc: "127.0.0.1:0", http: "127.0.0.1:0"}').settings;
  expect(listen).toEqual({ grpc: ['127.0.0.1:0'], http: '127.0.0.1:0' });
});
