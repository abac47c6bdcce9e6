import { existsSync, readFileSync } from 'node:fs';
import { until } from './until.ts';

/** An event as a program that reads an audit log sees it. */
export interface ReadEvent {
  time: string;
  event: string;
  service: string;
  method?: string;
  status?: string;
  reason?: string;
  durationMs?: number;
  callerAddress?: string;
  user?: string;
  role?: string;
  peerId?: string;
  detail?: Record<string, unknown>;
}

/** All events of an audit log; none where there is no file. @throws Error when a line is no object of JSON */
export function readAudit(path: string): ReadEvent[] {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  // What is after the last line feed is being written.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ReadEvent);
}

/** Waits until there is an event. */
export function auditEvent(path: string, name: string, matches: (event: ReadEvent) => boolean = () => true) {
  return until(`the event ${name} in ${path}`, () =>
    readAudit(path).find((event) => event.event === name && matches(event)),
  );
}
