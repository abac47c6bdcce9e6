// Runs the tour of the README for real, each command in a pseudo-terminal, and draws what was seen: docs/tour.svg.
// Wants `script` of util-linux, and port 50051 of this machine free.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StartedProcess, startProcess } from '../tests/support/start-process.ts';
import { terminalPicture } from './support/terminal-picture.ts';

const columns = 92;
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'cardume-tour-'));
const image = `node-${process.version}`;
const started: StartedProcess[] = [];
const sections: string[] = [];

/** Puts in place what the tour is about: a `cardume` to type, and a folder of real files to share. */
function prepare(): void {
  for (const name of ['bin', 'home', 'library', 'downloads']) mkdirSync(join(folder, name));
  const command = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'clients/cli/src/cardume.js')}' "$@"\n`;
  writeFileSync(join(folder, 'bin', 'cardume'), command, { mode: 0o755 });
  copyFileSync(process.execPath, join(folder, 'library', image));
  for (const name of ['typescript.js', 'lib.dom.d.ts', 'lib.es5.d.ts']) {
    copyFileSync(join(root, 'node_modules/typescript/lib', name), join(folder, 'library', name));
  }
}

/** Starts a command in a pseudo-terminal of its own. */
function startInTerminal(cwd: string, line: string): StartedProcess {
  const env = {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    HOME: join(folder, 'home'),
    TERM: 'xterm-256color',
  };
  const child = startProcess('script', ['-qefc', `stty cols ${columns} rows 40; ${line}`, '/dev/null'], {
    cwd: join(folder, cwd),
    env,
  });
  started.push(child);
  return child;
}

function show(comment: string | undefined, line: string, output: string): void {
  const heading = comment === undefined ? '' : `\u001b[2m# ${comment}\u001b[0m\n`;
  sections.push(
    `${heading}\u001b[32m$\u001b[0m \u001b[1m${line}\u001b[0m\n${output.replaceAll('\r\n', '\n').trimEnd()}\n`,
  );
}

/** Starts a command that goes on, and shows what it said until the line that is waited for. */
async function showStart(comment: string, line: string, lastLine: RegExp): Promise<void> {
  const child = startInTerminal('.', line);
  await child.waitForLine(lastLine);
  show(comment, line, child.stdout);
}

/** Runs a command to its end, and shows what it said. */
async function showRun(comment: string | undefined, line: string): Promise<void> {
  const child = startInTerminal('downloads', line);
  const { code } = await child.waitForEnd();
  if (code !== 0) throw new Error(`${line} ended with ${code}:\n${child.stdout}`);
  show(comment, line, child.stdout);
}

try {
  prepare();
  await showStart('in one terminal', 'cardume index', /Share a folder.*cardume share/);
  await showStart('in another one', 'cardume share library', /Sharing .* Ctrl-C/);
  await showRun('in a third one', 'cardume search node');
  await showRun(undefined, `cardume get ${image}`);
  await showRun(undefined, 'cardume peers');
  await showRun(undefined, `cardume verify ${image}`);

  const picture = terminalPicture(sections.join('\n'), { title: 'cardume', columns });
  const telltale = [folder, root, homedir()].find((path) => path !== '/' && picture.includes(path));
  if (telltale !== undefined) throw new Error(`the picture shows a path of this machine: ${telltale}`);
  mkdirSync(join(root, 'docs'), { recursive: true });
  writeFileSync(join(root, 'docs', 'tour.svg'), picture);
  console.log('docs/tour.svg is written');
} finally {
  await Promise.all(started.map((child) => child.stop()));
  rmSync(folder, { recursive: true, force: true });
}
