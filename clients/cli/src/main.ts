#!/usr/bin/env node
import { homedir } from 'node:os';
import { CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { readConfig } from './adapters/read-config.ts';
import { createContext } from './context.ts';
import { exitCode } from './core/exit-code.ts';
import { createProgram } from './program.ts';

// gRPC, which is loaded later, writes lines of its own to standard error; what fails is told here, in words.
process.env.GRPC_VERBOSITY ??= 'NONE';

const context = createContext(process);

const program = createProgram({
  version: manifest.version,
  env: process.env,
  readConfig: () => readConfig({ env: process.env, home: homedir() }),
  run: async (flags, load) => {
    const { runAction } = await import('./run-action.ts');
    process.exitCode = await runAction(context, flags, await load());
  },
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.wrongUsage;
}
