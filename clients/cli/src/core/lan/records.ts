/** A record of DNS, as much of it as is looked at; data is not looked at before its type is known. */
export interface LanRecord {
  name?: unknown;
  type?: unknown;
  ttl?: unknown;
  data?: unknown;
}

/** What is asked for, likewise. */
export interface LanQuestion {
  name?: unknown;
  type?: unknown;
}

/** Under this name indexes are found by DNS-SD (RFC 6763). */
export const serviceName = '_cardume._tcp.local';
/** What a TXT record has to begin with, so that a later kind of announcement is not taken for this one. */
export const announcementVersion = '1';

/** Whether two names of DNS are the same: case does not count. */
export function isSameName(a: unknown, b: string): boolean {
  return typeof a === 'string' && a.toLowerCase() === b.toLowerCase();
}
