// What JSON.stringify leaves as it is although a terminal may obey it or hide it: DEL and C1 controls, invisible
// characters, and those that turn the direction of text.
const steering = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Writes a value as JSON on one line. Texts from outside stay exactly what they are for whoever parses the line, and
 * harm nobody who looks at it: each character that could steer a terminal is escaped.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    steering,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
