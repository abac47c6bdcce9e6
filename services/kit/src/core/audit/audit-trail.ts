import type { Caller } from '../call-gate.ts';
import type { CallObserver, EndedCall } from '../call-observer.ts';
import { maxRefusalsAtOnce, refusalsPerSecond } from '../limits.ts';
import type { AuditEvent, EventsOfCall } from './audit-event.ts';
import { type AuditHead, auditLine } from './audit-line.ts';
import { FloodGate } from './flood-gate.ts';

/** Statuses of calls that were not let do what they wanted. */
const refusals = new Set(['UNAUTHENTICATED', 'PERMISSION_DENIED', 'RESOURCE_EXHAUSTED']);

const refused: AuditEvent = { event: 'refused', isRefusal: true };

/** What an audit trail works with. */
export interface AuditTrailInit {
  /** Stands in each event: `index`, `peer`. */
  service: string;
  eventsOf: EventsOfCall;
  /** What a caller's certificate says. */
  identityOf: (caller: Caller | undefined) => Readonly<Record<string, string | undefined>>;
  /** Takes a line for the log. */
  write: (line: string) => void;
  /** Told that an event was left out. */
  omitted: () => void;
  /** The wall clock, in milliseconds since 1970. */
  wallClockMs: () => number;
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
}

/** Writes down what happens on a server. */
export interface AuditTrail {
  readonly calls: CallObserver;
  /** Writes down what no call is. */
  note(event: AuditEvent): void;
}

/** Makes the trail. Calls that were refused are in it whatever their method is. */
export function createAuditTrail(init: AuditTrailInit): AuditTrail {
  const { service, eventsOf, identityOf, write, omitted, wallClockMs, nowMs } = init;
  const floodGate = new FloodGate({ perSecond: refusalsPerSecond, burst: maxRefusalsAtOnce }, nowMs());
  const time = (): string => new Date(wallClockMs()).toISOString();
  const headOf = (call: EndedCall): AuditHead => {
    const { path, status, reason, durationMs, callerAddress, caller } = call;
    const method = path.slice(1);
    const roundedMs = Math.round(durationMs * 10) / 10;
    const { peerId, user, role } = identityOf(caller);
    const head = { service, method, status, reason, durationMs: roundedMs, callerAddress, user, role, peerId };
    return { time: time(), ...head };
  };
  return {
    calls: {
      ended(call) {
        const own = eventsOf(call);
        const events = own.length === 0 && refusals.has(call.status) ? [refused] : own;
        const [first] = events;
        if (first === undefined) return;
        if (first.isRefusal === true && !floodGate.passes(nowMs())) return omitted();
        const head = headOf(call);
        for (const event of events) write(auditLine(head, event));
      },
    },
    note: (event) => write(auditLine({ time: time(), service }, event)),
  };
}
