/** What ends the command before its work is done. */
export interface Interruption {
  /** Fires on Ctrl-C (SIGINT), SIGTERM, SIGHUP, and when nobody reads standard output any more. */
  readonly signal: AbortSignal;
  /** What a command that did not finish ends with: 130, 143 or 129 by signal, 1 when its reader left; undefined before. */
  readonly exitCode: number | undefined;
  /** Whether what interrupted it was that nobody reads standard output any more: nobody asked it to stop. */
  readonly readerLeft: boolean;
}

const codeOfSignal = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Listens for what interrupts the process. The first signal asks the command to stop; a second one ends the process
 * at once.
 */
export function listenForInterruption(process: NodeJS.Process): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  let readerLeft = false;
  const interrupt = (code: number): void => {
    exitCode ??= code;
    controller.abort();
  };
  for (const [name, code] of Object.entries(codeOfSignal)) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      interrupt(code);
    });
  }
  // What is printed last is done by then: `cardume search … | head -1` ends with 0. A download is cut off.
  process.stdout.on('error', (error) => {
    if (!isReaderGone(error)) throw error;
    readerLeft ||= exitCode === undefined;
    interrupt(1);
  });
  process.stderr.on('error', (error) => {
    if (!isReaderGone(error)) throw error;
  });
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    get readerLeft() {
      return readerLeft;
    },
  };
}

/** Whether a stream failed because its pipe has no reader (EPIPE) or its terminal was closed (EIO). */
function isReaderGone(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'EIO';
}
