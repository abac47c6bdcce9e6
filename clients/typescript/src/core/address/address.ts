import { CardumeError } from '../../errors/cardume-error.ts';

/** Where a server listens or is dialled. */
export interface Address {
  /** A DNS name or an IP address; IPv6 without brackets. */
  host: string;
  /** 0 to 65,535; 0 only where a free port is to be chosen. */
  port: number;
}

/** How a server is dialled. */
export interface DialledAddress extends Address {
  /** A local socket that leads there, to be connected to in the place of the address. Default: none. */
  socketPath?: string;
}

// One label of a host name (RFC 1123), with the underscore that container networks use.
const hostLabel = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;
const ipv4 = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;
const ipv6Characters = /^[0-9a-f:.]+(%[a-z0-9_.-]{1,32})?$/i;

/** Whether a text is an IPv6 address, by its form; the resolver has the last word. */
function looksLikeIpv6(text: string): boolean {
  return text.length <= 78 && text.split(':').length >= 3 && ipv6Characters.test(text);
}

/**
 * Whether a text from outside may be used as a host to dial: a DNS name of at most 253 bytes, or an IP address
 * without brackets. Nothing that could smuggle a port, a scheme or a path into a dial target passes.
 */
export function isHost(text: string): boolean {
  if (looksLikeIpv6(text)) return true;
  if (text.length === 0 || text.length > 253) return false;
  if (/^[\d.]+$/.test(text)) return ipv4.test(text);
  return text.split('.').every((label) => hostLabel.test(label));
}

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT`, `:PORT` (every interface) or, with a default port, a bare `HOST`.
 *
 * @param what what the text is, for the message: `--listen`
 * @throws CardumeError INVALID_FIELD
 */
export function parseAddress(text: string, what: string, defaultPort?: number): Address {
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? (match?.[2] === '' ? '0.0.0.0' : match?.[2]);
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port === undefined || port > 65_535 || !isHost(host)) {
    throw CardumeError.invalidField(what, `"${text}" is not an address; write HOST:PORT, such as 127.0.0.1:50051`);
  }
  return { host, port };
}

/** Writes an address as `HOST:PORT`, with brackets around IPv6. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether an address is of this machine only, so that nobody else can reach what listens there. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host === '::1' ||
    host === '::ffff:127.0.0.1' ||
    (ipv4.test(host) && host.startsWith('127.'))
  );
}
