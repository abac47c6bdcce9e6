/** What ends the command before its work is done. */
export interface Interruption {
  /** Fires on Ctrl-C (SIGINT), SIGTERM, SIGHUP, and when standard output takes no more. */
  readonly signal: AbortSignal;
  /** What a command that did not finish ends with: 130, 143 or 129 by signal, 1 when its reader left; undefined before. */
  readonly exitCode: number | undefined;
  /** Whether what interrupted it was that nobody reads standard output any more: nobody asked it to stop. */
  readonly readerLeft: boolean;
}

/** Who is told what. */
export interface InterruptionListener {
  /** Called once, when results cannot be written although somebody may read them: a full disk, say. */
  onOutputFailure: (error: Error) => void;
}

const codeOfSignal = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Listens for what interrupts the process. The first signal asks the command to stop; a second one ends the process
 * at once. A process whose results could not be written never ends with 0.
 */
export function listenForInterruption(
  process: NodeJS.Process,
  { onOutputFailure }: InterruptionListener,
): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  let readerLeft = false;
  let outputFailed = false;
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
  process.stdout.on('error', (error) => {
    if (isReaderGone(error)) {
      // What is printed last is done by then: `cardume search … | head -1` ends with 0. A download is cut off.
      readerLeft ||= exitCode === undefined;
    } else if (!outputFailed) {
      outputFailed = true;
      onOutputFailure(error);
      // The work may be done by now, and its exit code set or about to be.
      process.once('exit', () => {
        process.exitCode ||= 1;
      });
    }
    interrupt(1);
  });
  // What is said there is no result: the work goes on, and there is nowhere to say that nobody hears it.
  process.stderr.on('error', () => {});
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
