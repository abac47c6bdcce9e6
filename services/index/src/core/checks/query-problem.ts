import { maxQueryBytes } from '../limits.ts';

// Tabs and line ends separate words; of the others no name has any.
const controlCharacters = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/;

/** Why a text cannot be a query; null when it can. */
export function queryProblem(text: string): string | null {
  if (Buffer.byteLength(text) > maxQueryBytes) return `must have at most ${maxQueryBytes} bytes`;
  if (controlCharacters.test(text)) return 'has control characters, and no name has any';
  return null;
}
