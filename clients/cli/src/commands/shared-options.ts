import { parseRateLimit, parseSize, type RateLimit } from '@cardume/client/units';
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { defaultIndex } from '../core/settings/default-index-address.ts';
import { Setting } from '../core/settings/setting.ts';
import { parseDuration } from '../core/units/duration.ts';

export function indexOption(description = 'the index to ask'): Setting {
  const several =
    'of several, the first that answers: with commas between, or repeated; or an invite, which is remembered, or ' +
    'file:PATH that has one, or - to be asked for it';
  return new Setting('--index <host:port>', `${description}; ${several}`).repeatable(defaultIndex);
}

export function idTokenFileOption(): Setting {
  return new Setting(
    '--id-token-file <path>',
    'an id token of your organisation, for a network whose invite has no token; or the token itself in CARDUME_ID_TOKEN',
  );
}

export function jsonOption(): Setting {
  return new Setting('--json', 'one JSON object per line on standard output');
}

export function watchOption(): Setting {
  return new Setting('--watch', 'show it again each second, until Ctrl-C');
}

export function insecureOption(): Setting {
  return new Setting('--insecure', 'allow plaintext without authentication on an address that other machines reach');
}

export function maxConnectionsOption(): Setting {
  return new Setting(
    '--max-connections <count>',
    'have at most so many connections, half of them with one address (default: 20000, or half of what ulimit -n allows)',
  ).argParser(countArgument);
}

export function connectionsPerSecondOption(): Setting {
  return new Setting(
    '--connections-per-second <count>',
    'take so many from one address, and five seconds of them at once; four times as many from all together where no member was ' +
      'of late; off: any number (default: 200)',
  ).argParser(countOrOffArgument);
}

export function callsPerSecondOption(): Setting {
  return new Setting(
    '--calls-per-second <count>',
    'take so many of one member, and five seconds of them at once; four times as many from an address where there are no certificates; ' +
      'off: any number (default: 2000)',
  ).argParser(countOrOffArgument);
}

export function plainIndexOption(): Setting {
  return new Setting('--insecure', 'use an index that is found on the local network also when it serves in plaintext');
}

export function tagOption(): Setting {
  return new Setting('--tag <text>', 'a tag by which others send to all who have it; may be repeated').repeatable();
}

function logLevelOption(defaultText: string): Setting {
  return new Setting('--log-level <level>', `the least that is logged (default: ${defaultText})`).choices([
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'silent',
  ]);
}

function logFormatOption(): Setting {
  return new Setting('--log-format <format>', 'how logs are written (default: text on a terminal, else json)').choices([
    'json',
    'text',
  ]);
}

/** What every command has that serves others until Ctrl-C. @param defaultLogText the least that it logs, when nobody says */
export function serverOptions(defaultLogText: string): Setting[] {
  return [
    new Setting(
      '--metrics <[host:]port>',
      'serve metrics for Prometheus: GET /metrics; port 0: a free one (default: not)',
    ),
    new Setting('--audit <file>', 'append who did what to a file, as JSON lines (default: not)'),
    insecureOption(),
    logLevelOption(defaultLogText),
    logFormatOption(),
    jsonOption(),
  ];
}

/** Where a peer of the command serves, and where others are told that it does. */
export function peerAddressOptions(): Setting[] {
  return [
    new Setting(
      '--listen <host:port>',
      'where to serve; port 0: a free one (default: 127.0.0.1:0; in a network with certificates 0.0.0.0:0)',
    ),
    new Setting(
      '--advertise <host:port>',
      'the address that others are given (default: the one listened on; of all interfaces, the one the index sees)',
    ),
  ];
}

/** Adds options to a command, in their order. */
export function withOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
  return command;
}

/** Reads a size for an option. */
export function sizeArgument(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError('Write a size such as 500kB, 10MB or 1.5GiB.');
  return bytes;
}

/** Reads a rate for an option, the same at all times or by a schedule. */
export function rateArgument(text: string): RateLimit {
  const read = parseRateLimit(text);
  if ('problem' in read) throw new InvalidArgumentError(read.problem);
  return read.limit;
}

/** Reads users for an option that may be repeated. */
export function usersArgument(text: string, before: readonly string[] = []): string[] {
  const users = text.split(',').map((user) => user.trim());
  if (users.includes('')) throw new InvalidArgumentError('Write the names of users with commas between: alice,bob.');
  return [...before, ...users];
}

/** Reads a count for an option. */
export function countArgument(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Write a whole number, 0 or more.');
  return Number(text);
}

/** Reads a count for an option, or `off`: false. */
function countOrOffArgument(text: string): number | false {
  if (text === 'off') return false;
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1 on, or off.');
  return Number(text);
}

/** Reads a duration for an option, in milliseconds. */
export function durationArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Write a duration such as 10s, 30s or 2m.');
  return ms;
}

/** Reads a rate for an option, in bytes per second, the same at all times. */
export function oneRateArgument(text: string): number {
  const limit = rateArgument(text);
  if (typeof limit !== 'number')
    throw new InvalidArgumentError('Write a rate such as 10MB/s, without times of the day.');
  return limit;
}

/** Reads a rate for an option, as `oneRateArgument` does, or `off`. */
export function rateOrOffArgument(text: string): number | 'off' {
  return text === 'off' ? 'off' : oneRateArgument(text);
}
