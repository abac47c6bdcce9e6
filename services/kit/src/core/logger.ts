/** Writes one line at a level: fields that vary, then a message that is always the same. */
export type LogLine = (fields: Record<string, unknown>, message: string) => void;

/** What our code needs of a logger; pino's is one. */
export interface Logger {
  trace: LogLine;
  debug: LogLine;
  info: LogLine;
  warn: LogLine;
  error: LogLine;
}
