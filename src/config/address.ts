import { isIPv4, isIPv6 } from 'node:net';

/** Where a listener listens. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Bytes of a UNIX socket's path that Linux takes, its closing zero left out. */
const maxSocketPathBytes = 107;

/**
 * `127.0.0.1:50051`, `localhost:0`, `[::1]:50051`, `unix:/run/remora.sock` or `unix:///run/remora.sock`; undefined for anything
 * else. Port 0 lets the system choose.
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
    const fits = path !== '' && !path.includes('\0') && Buffer.byteLength(path) <= maxSocketPathBytes;
    return fits ? { kind: 'unix', path } : undefined;
  }
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (parts === null) return undefined;
  const port = Number(parts[3]);
  const host = parts[1] ?? parts[2] ?? '';
  const valid = parts[1] === undefined ? isHostName(host) : isIPv6(host);
  return valid && port <= 65_535 ? { kind: 'tcp', host, port } : undefined;
}

function isHostName(host: string): boolean {
  if (/^[\d.]+$/.test(host)) return isIPv4(host);
  return host.length <= 253 && /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?$/.test(host);
}

/** Whether only this machine (this pod) can reach it: a UNIX socket, or a loopback host. */
export function isLocalAddress(address: ListenAddress): boolean {
  if (address.kind === 'unix') return true;
  const host = address.host.toLowerCase();
  if (host === 'localhost') return true;
  if (isIPv4(host)) return host.startsWith('127.');
  return isIPv6(host) && new URL(`http://[${host}]`).hostname === '[::1]';
}
