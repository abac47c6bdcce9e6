// Everything that could steer a terminal, hide text or turn its direction. The joiners U+200C and U+200D stay: emoji
// and several scripts are written with them.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Makes a text from outside safe to print on one line of a terminal or a log: what could steer it is shown as
 * `\u{1b}`.
 */
export function printable(text: string): string {
  return text.toWellFormed().replace(unprintable, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}
