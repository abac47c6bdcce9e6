import type { LogFormat, LogLevel } from '@cardume/peer';

/** The flags about the logs of a service that the command runs. */
export interface LogFlags {
  logLevel?: LogLevel;
  logFormat?: LogFormat;
}
