const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Longer ones are taken for a slip of the keyboard. */
const maxDurationMs = 30 * 24 * 3_600_000;

/**
 * Reads a duration: `500ms`, `30s`, `2m`, `1.5h`. A unit is required.
 *
 * @returns milliseconds, at least 1 and at most 30 days; or undefined when the text is not such a duration
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*(ms|s|m|h)$/i.exec(text.trim());
  const unit = unitMs[match?.[2]?.toLowerCase() ?? '?'];
  if (match === null || unit === undefined) return undefined;
  const ms = Math.round(Number(match[1]) * unit);
  return ms >= 1 && ms <= maxDurationMs ? ms : undefined;
}

/**
 * Writes milliseconds for people: `0.8 s`, `12 s`, `2 min 5 s`, `1 h 3 min`, `3 d 4 h`; anything that is no duration
 * is written as `?`.
 */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '?';
  const tenths = Math.round(ms / 100);
  if (tenths < 100) return `${tenths / 10} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
