import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type CommandResult, runCommand } from '../../support/run-command.ts';

const repository = join(import.meta.dirname, '../../..');

/** How long one command of Docker may take; building the image is the longest. */
const commandTimeoutMs = 300_000;

/** The Compose of this machine, as words to run: version 2 is a plug-in of docker, 1.29 a program of its own. */
const composeCommand = [['docker', 'compose'], ['docker-compose']].find(
  ([command = '', ...args]) => spawnSync(command, [...args, 'version'], { stdio: 'ignore' }).status === 0,
);

const engineAnswers = spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0;

/** What is missing to run containers here; undefined when nothing is. */
export const composeTool = {
  name: 'a Docker engine and Compose',
  command: engineAnswers ? composeCommand?.join(' ') : undefined,
};

/** docker-compose.yml, as a project of its own that shares nothing with one that is up already. */
export interface ComposeProject {
  readonly name: string;
  /** Stops all of it, and removes its volumes and its image. */
  remove(): Promise<void>;
  /** Runs Compose and returns what it prints on standard output. @throws Error with all that it wrote, when it fails */
  compose(...args: string[]): Promise<string>;
  /** Runs `cardume ARGS` in a container of its own, as `docker-compose run --rm cardume` does. */
  cardume(...args: string[]): Promise<CommandResult>;
  /** Runs another program in such a container. */
  inContainer(program: string, ...args: string[]): Promise<string>;
  /** A value of `docker inspect` of a service's container, stopped ones included. */
  inspect(service: string, template: string): Promise<string>;
}

/** Makes a project with a name of its own. Nothing is started yet. */
export function composeProject(): ComposeProject {
  const name = `cardume-test-${process.pid}`;
  const [command = '', ...words] = composeCommand ?? [];
  // Port 0: a free one of this machine. The image has a name of its own, or a suite of another tree would replace it meanwhile.
  const env = { ...process.env, CARDUME_PORT: '0', CARDUME_IMAGE: name };
  const options = { cwd: repository, env, timeoutMs: commandTimeoutMs };
  const compose: ComposeProject['compose'] = (...args) =>
    outputOf(runCommand(command, [...words, '--project-name', name, ...args], options), args);
  return {
    name,
    compose,
    async remove() {
      await compose('down', '--volumes', '--remove-orphans', '--timeout', '5');
      await docker('image', 'rm', name);
    },
    cardume: (...args) =>
      runCommand(command, [...words, '--project-name', name, 'run', '--rm', '-T', 'cardume', ...args], options),
    inContainer: (program, ...args) => compose('run', '--rm', '-T', '--entrypoint', program, 'cardume', ...args),
    async inspect(service, template) {
      const filters = [`label=com.docker.compose.project=${name}`, `label=com.docker.compose.service=${service}`];
      const listed = await docker('ps', '--all', '--quiet', ...filters.flatMap((filter) => ['--filter', filter]));
      return docker('inspect', '--format', template, listed);
    },
  };
}

/** Runs docker and returns what it prints. @throws Error with all that it wrote, when it fails */
export async function docker(...args: string[]): Promise<string> {
  return outputOf(runCommand('docker', args, { timeoutMs: commandTimeoutMs }), args);
}

async function outputOf(running: Promise<CommandResult>, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout.trim();
}
