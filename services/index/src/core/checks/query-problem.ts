import { maxQueryBytes } from '../limits.ts';

// Tabs and line ends separate words; of the others no name has any.
const controlCharacters = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/;

/** Why a text cannot be a query; null when it can. */
export function queryProblem(text: string): string | null {
  if (Buffer.byteLength(text) > maxQueryBytes) return `must have at most ${maxQueryBytes} bytes`;
  return controlCharactersProblem(text);
}

/** Why no name can have a text in it, which a database may not take either; null when one can. */
export function controlCharactersProblem(text: string): string | null {
  return controlCharacters.test(text) ? 'has control characters, and no name has any' : null;
}
