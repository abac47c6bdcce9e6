import { CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { userPlaces } from './adapters/places.ts';
import { exitCode } from './core/exit-code.ts';
import { createContext } from './create-context.ts';
import { createProgram } from './program.ts';

/** Does what the arguments of a process say, and leaves the exit code to it. */
export async function runCommandLine(process: NodeJS.Process): Promise<void> {
  // gRPC, which is loaded later, writes lines of its own to standard error; what fails is told here, in words.
  process.env.GRPC_VERBOSITY ??= 'NONE';
  const context = createContext(process);

  const program = createProgram({
    version: manifest.version,
    env: process.env,
    // Loaded, as the actions are, when a subcommand runs: with the client comes gRPC.
    readConfig: async () => {
      const { readConfig } = await import('./adapters/read-config.ts');
      return readConfig(userPlaces(process.env));
    },
    run: async (flags, load) => {
      const { runAction } = await import('./actions/run-action.ts');
      process.exitCode = await runAction(context, flags, await load());
      // Who interrupts `get -o -` does not wait for a reader that takes nothing.
      const { terminal, interruption } = context;
      if (terminal.hasUntaken && interruption.exitCode !== undefined && !interruption.readerLeft) process.exit();
    },
  });

  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.wrongUsage;
  }
}
