import { maxAuditTextLength, maxAuditTexts } from '../limits.ts';
import type { AuditDetail, AuditEvent, AuditValue } from './audit-event.ts';

/** What stands in front of an event: when, where and who. */
export type AuditHead = Readonly<Record<string, string | number | undefined>>;

// Who puts an invite or a token where a name belongs has not given it to everyone who may read the log.
const secretForm = /cdm_[A-Za-z0-9_-]{8,}|cardume-invite-\d+-[A-Za-z0-9_-]{8,}/g;
// What JSON leaves as it is, and a terminal does not.
const unsafeForm = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Writes an event as one line of JSON, without anything that a terminal would take for a command. */
export function auditLine(head: AuditHead, { event, detail }: Pick<AuditEvent, 'event' | 'detail'>): string {
  const safeHead = Object.fromEntries(Object.entries(head).map(([name, value]) => [name, safe(value)]));
  const { time, ...who } = safeHead;
  const line = JSON.stringify({ time, event, ...who, detail: detail === undefined ? undefined : safeDetail(detail) });
  return `${line.replace(unsafeForm, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

function safeDetail(detail: AuditDetail): AuditDetail {
  return Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, safe(value)]));
}

function safe(value: AuditValue): AuditValue {
  if (typeof value === 'string') return bounded(value.slice(0, 4 * maxAuditTextLength).replace(secretForm, '[secret]'));
  if (Array.isArray(value)) return value.slice(0, maxAuditTexts).map((text: string) => String(safe(text)));
  return value;
}

function bounded(text: string): string {
  return text.length <= maxAuditTextLength ? text : `${text.slice(0, maxAuditTextLength)}…`;
}
