import { CardumeError } from '@cardume/client';
import { expect, test } from '@jest/globals';
import type { Context } from '../src/actions/context.ts';
import { runAction } from '../src/actions/run-action.ts';

/** Runs an action that fails; the command was interrupted before, unless the code is undefined. */
async function fail(error: unknown, interrupted: number | undefined): Promise<{ code: number; notes: string[] }> {
  const notes: string[] = [];
  const context: Context = {
    terminal: {
      interactive: false,
      columns: undefined,
      widthOf: (text) => text.length,
      print: () => {},
      writeBytes: async () => {},
      hasUntaken: false,
      note: (line) => notes.push(line),
      drawStatus: () => {},
      clearStatus: () => {},
      keepStatus: () => {},
      style: (_target, _style, text) => text,
    },
    interruption: { signal: AbortSignal.abort(), exitCode: interrupted, readerLeft: false },
    secrets: { canAsk: false, ask: () => Promise.reject(new Error('nobody is there')) },
    nowMs: () => 0,
    cwd: '/',
    stateHome: '/',
    idToken: undefined,
  };
  const code = await runAction(context, {}, () => Promise.reject(error));
  return { code, notes };
}

test('what an interruption cancelled is no news', async () => {
  expect(await fail(new CardumeError('CANCELLED', 'cancelled'), 143)).toEqual({ code: 143, notes: [] });
  expect(await fail(new DOMException('aborted', 'AbortError'), 130)).toEqual({ code: 130, notes: [] });
});

test('what fails after an interruption is told, and decides the exit code', async () => {
  const failed = new CardumeError('STORAGE_FAILED', 'the last write failed');
  expect(await fail(failed, 130)).toEqual({ code: 1, notes: ['cardume: the last write failed'] });
});

test('what was cancelled by nobody is told', async () => {
  const { code, notes } = await fail(new CardumeError('CANCELLED', 'the index cancelled'), undefined);
  expect({ code, notes }).toEqual({ code: 130, notes: ['cardume: the index cancelled'] });
});
