import { createInterface, type Interface } from 'node:readline';

/** Asks somebody at a terminal, one question after the other. */
export interface Prompt {
  /** Asks, and gives the line that is answered; undefined when the signal fires, or nothing more is to be read. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
  close(): void;
}

/** Opens a prompt on a process's standard input and error. It reads nothing before the first question, as others may until then. */
export function openPrompt({ stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>): Prompt {
  let lines: Interface | undefined;
  let isEnded = false;
  const open = (): Interface => {
    // Not as a terminal, which would take Ctrl-C for itself.
    const opened = createInterface({ input: stdin, output: stderr, terminal: false });
    opened.on('close', () => {
      isEnded = true;
    });
    return opened;
  };
  return {
    async ask(question, signal) {
      lines ??= open();
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      const onLine = (line: string): void => resolve(line);
      const onEnd = (): void => resolve(undefined);
      if (isEnded || signal.aborted) return undefined;
      stderr.write(question);
      lines.on('line', onLine);
      lines.on('close', onEnd);
      signal.addEventListener('abort', onEnd);
      try {
        return await promise;
      } finally {
        lines.off('line', onLine);
        lines.off('close', onEnd);
        signal.removeEventListener('abort', onEnd);
      }
    },
    close: () => lines?.close(),
  };
}
