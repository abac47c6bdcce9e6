import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CardumeError } from '@cardume/client';
import { canAsk } from './can-ask.ts';

/** How many bytes of standard input are read where it is no terminal. */
const maxInputBytes = 64 * 1024;

/**
 * Asks the user on the terminal for something that nobody else is to see: what is typed is not shown. Where there is no terminal,
 * takes the first line of standard input.
 *
 * @throws CardumeError CANCELLED when the signal fires; INVALID_FIELD when nothing is given
 */
export async function askSecret(process: NodeJS.Process, question: string, signal: AbortSignal): Promise<string> {
  const { stdin, stderr, pid } = process;
  // Ctrl-C comes as a key while keys are not shown, and means what it always means.
  const interrupt = (): void => void process.kill(pid, 'SIGINT');
  const asked = canAsk(process) ? askHidden({ stdin, stderr, interrupt }, question, signal) : firstLine(stdin);
  const given = (await asked).trim();
  if (given !== '') return given;
  throw CardumeError.invalidField('--index', 'no invite was given');
}

/** Node's line editor knows paste, backspace and Ctrl-U; what it would show goes nowhere. */
async function askHidden(
  { stdin, stderr, interrupt }: Pick<NodeJS.Process, 'stdin' | 'stderr'> & { interrupt: () => void },
  question: string,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const editor = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      editor.once('line', resolve);
      // Ctrl-D
      editor.once('close', () => resolve(''));
      editor.on('SIGINT', interrupt);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  } finally {
    editor.close();
    stderr.write('\n');
  }
}

async function firstLine(stdin: NodeJS.ReadStream): Promise<string> {
  let text = '';
  for await (const chunk of stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.includes('\n') || text.length > maxInputBytes) break;
  }
  const [line = ''] = text.slice(0, maxInputBytes).split('\n');
  return line;
}
