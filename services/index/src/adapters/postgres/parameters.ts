/** The parameters of a statement that is put together. */
export class Parameters {
  readonly values: unknown[] = [];

  /** Adds a value, or several for an array, and returns what stands for it: `$1`. */
  add(value: unknown): string {
    this.values.push(typeof value === 'string' ? storableText(value) : value);
    return `$${this.values.length}`;
  }
}

/** A text as PostgreSQL takes it: without lone surrogates and NUL, which no name has either. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
