import { afterEach } from '@jest/globals';
import { type Script, type ScriptedHolder, startScriptedHolder } from './scripted-holder.ts';

/** Gives a function that starts holders, which stop when the test that started them has ended. */
export function testHolders(): (content: Buffer, script?: Script) => Promise<ScriptedHolder> {
  const started: ScriptedHolder[] = [];
  afterEach(async () => {
    for (const holder of started.splice(0)) await holder.stop();
  });
  return async (content, script) => {
    const holder = await startScriptedHolder(content, script);
    started.push(holder);
    return holder;
  };
}
