/**
 * The audit log of a server. A module of its own: only who keeps one loads it.
 *
 * @packageDocumentation
 */

import { AuditFile, type AuditLoss } from './adapters/audit/audit-file.ts';
import { identityOf } from './adapters/network-gate.ts';
import type { AuditEvent, EventsOfCall } from './core/audit/audit-event.ts';
import { createAuditTrail } from './core/audit/audit-trail.ts';
import type { CallObserver } from './core/call-observer.ts';
import type { Logger } from './core/logger.ts';

export type { AuditDetail, AuditEvent, AuditValue, EventsOfCall } from './core/audit/audit-event.ts';

/** What an audit log needs. */
export interface AuditInit {
  /** The file: JSON lines are appended to it. */
  path: string;
  /** Stands in each event: `index`, `peer`. */
  service: string;
  eventsOf: EventsOfCall;
  logger: Logger;
  /** Told of events that are not in the log, for the metrics. */
  onLost: (count: number) => void;
}

/** An audit log that is open. */
export interface OpenAudit {
  /** Writes down calls: for `startServer`. */
  readonly calls: CallObserver;
  /** Writes down what no call is. */
  note(event: AuditEvent): void;
  /** Writes what waits, and closes it. */
  close(): Promise<void>;
}

/** How often the log says how many events were left out, in milliseconds. */
const tellLostEveryMs = 1_000;

/**
 * Opens an audit log.
 *
 * @throws CardumeError INVALID_FIELD when the file cannot be appended to
 */
export async function openAudit({ path, service, eventsOf, logger, onLost }: AuditInit): Promise<OpenAudit> {
  const lost = { write_failed: 0, queue_full: 0, flood: 0 };
  let isFailing = false;
  let timer: NodeJS.Timeout | undefined;
  const count = (events: number, cause: keyof typeof lost): void => {
    lost[cause] += events;
    onLost(events);
  };
  /** Says in the log itself what is not in it. */
  const tellLost = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const cause of ['write_failed', 'queue_full', 'flood'] as const) {
      const events = lost[cause];
      lost[cause] = 0;
      if (events > 0) trail.note({ event: 'events_lost', detail: { cause, count: events } });
    }
  };
  const file = await AuditFile.open(path, {
    lost(events, cause: AuditLoss, problem) {
      count(events, cause);
      if (isFailing) return;
      isFailing = true;
      logger.error({ path, problem }, 'the audit log cannot be written, and what happens is not in it');
    },
    recovered() {
      isFailing = false;
      logger.warn({ path, lost: lost.write_failed + lost.queue_full }, 'the audit log is written again');
      tellLost();
    },
  });
  const trail = createAuditTrail({
    service,
    eventsOf,
    identityOf: (caller) => ({ ...identityOf(caller) }),
    write: (line) => file.append(line),
    omitted() {
      count(1, 'flood');
      timer ??= setTimeout(tellLost, tellLostEveryMs).unref();
    },
    wallClockMs: Date.now,
    nowMs: () => performance.now(),
  });
  return {
    calls: trail.calls,
    note: (event) => trail.note(event),
    async close() {
      if (!isFailing) tellLost();
      clearTimeout(timer);
      await file.close();
    },
  };
}
