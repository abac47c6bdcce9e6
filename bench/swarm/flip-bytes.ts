import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** Changes one byte of each so many of a file, in its place. */
export function flipBytes(path: string, everyBytes: number): void {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  try {
    const { size } = fstatSync(file);
    for (let at = Math.floor(everyBytes / 2); at < size; at += everyBytes) {
      readSync(file, byte, 0, 1, at);
      byte[0] = (byte[0] ?? 0) ^ 0xff;
      writeSync(file, byte, 0, 1, at);
    }
  } finally {
    closeSync(file);
  }
}
