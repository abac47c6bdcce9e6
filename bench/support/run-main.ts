/** Reads the arguments of this process, and runs a program with them. Wrong ones end it with 2, and `--help` only prints. */
export async function runMain<Options extends { help: boolean }>(
  usage: string,
  readOptions: (args: readonly string[]) => Options,
  run: (args: readonly string[], options: Options) => void | Promise<void>,
): Promise<void> {
  const args = process.argv.slice(2);
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
  if (options.help) console.log(usage);
  else await run(args, options);
}

/**
 * Runs something that somebody may interrupt: then nothing of it is saved, and the process ends with 130. Children run in this
 * process's group, so that Ctrl-C ends them, too; what remains `run` stops and removes when its signal fires.
 */
export async function interruptible(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
  try {
    await run(interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    console.error('interrupted; nothing was saved');
    process.exitCode = 130;
  }
}
