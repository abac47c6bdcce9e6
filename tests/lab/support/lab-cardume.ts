import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../support/run-command.ts';
import type { StartedProcess } from '../../support/start-process.ts';
import { inNamespace } from './ip.ts';
import type { LabNetwork, Machine } from './lab-network.ts';

const main = join(import.meta.dirname, '../../../clients/cli/src/cardume.js');

/** The command on the machines of a laboratory, each with a home of its own. */
export function labCardume(lab: LabNetwork, folder: string) {
  const folderOf = (machine: Machine): string => {
    const path = join(folder, machine);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const envOf = (machine: Machine): NodeJS.ProcessEnv => {
    const kept = Object.entries(process.env).filter(([name]) => !/^(CARDUME|XDG|NO_COLOR|FORCE_COLOR|CI$)/.test(name));
    return { ...Object.fromEntries(kept), HOME: folderOf(machine) };
  };
  return {
    folderOf,
    start: (machine: Machine, ...args: string[]): StartedProcess =>
      lab.start(machine, process.execPath, [main, ...args], envOf(machine)),
    /** Runs it to its end. @throws Error with what it wrote when it fails */
    async run(machine: Machine, ...args: string[]): Promise<string> {
      const [command, all] = inNamespace(lab.namespace(machine), process.execPath, [main, ...args]);
      const { code, stdout, stderr } = await runCommand(command, all, { cwd: folderOf(machine), env: envOf(machine) });
      if (code !== 0)
        throw new Error(`cardume ${args.join(' ')} at ${machine} ended with ${code}: ${stderr}\n${stdout}`);
      return stdout;
    },
  };
}
