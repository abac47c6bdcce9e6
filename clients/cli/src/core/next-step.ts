import type { CardumeError } from '@cardume/client';

/**
 * What somebody at a terminal can do about an error, where the error's own message does not say it already.
 *
 * @param indexUsed whether the command talks to an index, so that a server that does not answer is the index
 * @param isStream whether it brings bytes to standard output, and keeps none
 */
export function nextStep(
  error: Pick<CardumeError, 'reason'>,
  indexUsed: boolean,
  isStream = false,
): string | undefined {
  switch (error.reason) {
    case 'UNREACHABLE':
    case 'TIMED_OUT':
      return indexUsed
        ? 'is it running? start one with: cardume index, or name another with --index HOST:PORT; where it prints an invite, give ' +
            'that: --index file:PATH, or CARDUME_INDEX'
        : 'is the peer running? cardume peers lists those that are';
    case 'METHOD_UNKNOWN':
      return 'that is no Cardume server, or an older one';
    case 'CHANGES_GONE':
      return 'run it without --since, and search for what is there now';
    case 'TARGET_EXISTS':
      return 'replace it with --force, or choose another place with --name or --output';
    case 'DISK_FULL':
      return isStream
        ? 'make space there, or name another folder for temporary files: TMPDIR=FOLDER cardume get …'
        : 'make space and run the same command again: what is verified is kept';
    case 'NO_HOLDER_LEFT':
      return isStream
        ? 'run the same command again when a holder is back; without -o - what is verified is kept'
        : 'run the same command again when a holder is back: what is verified is kept';
    default:
      return undefined;
  }
}
