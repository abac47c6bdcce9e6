import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { Logger } from '../core/logger.ts';

/** How logs are written. */
export interface LoggerInit {
  /** What the log is of: `index`, `peer`. Stands in each line as `service`. */
  service: string;
  /** The least level that is written. Default: `info`. */
  level?: LogLevel;
  /** One JSON object per line for machines, or short lines for people. Default: `text` on a terminal, else `json`. */
  format?: LogFormat;
  /** Where lines go. Default: standard error. */
  destination?: DestinationStream;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFormat = 'json' | 'text';

/** Makes a logger whose lines are structured: a constant `msg`, and everything that varies in fields of its own. */
export function createLogger(init: LoggerInit): Logger {
  const { service, level = 'info' } = init;
  const format = init.format ?? (process.stderr.isTTY ? 'text' : 'json');
  const destination = init.destination ?? pino.destination({ dest: 2, sync: true });
  const options = { level, base: { service }, timestamp: stdTimeFunctions.isoTime };
  if (format === 'json') return pino(options, destination);
  const pretty = PinoPretty({
    destination,
    sync: true,
    colorize: process.stderr.isTTY === true,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'service',
    singleLine: true,
  });
  return pino(options, pretty);
}
