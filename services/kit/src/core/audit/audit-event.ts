import type { EndedCall } from '../call-observer.ts';

/** What an event says besides who called: names and values that are bounded and made safe when it is written. */
export type AuditDetail = Readonly<Record<string, AuditValue>>;
export type AuditValue = string | number | boolean | undefined | readonly string[];

/** Something that happened. */
export interface AuditEvent {
  /** A name of docs/audit.md: they are a promise. */
  event: string;
  detail?: AuditDetail;
  /** Somebody was refused, whatever the status says: strangers can cause it, and only so many a second are written. */
  isRefusal?: boolean;
}

/** The events that a call is; most calls are none. It must not throw, and takes no secret over from what it is given. */
export type EventsOfCall = (call: EndedCall) => readonly AuditEvent[];
