import { createHash } from 'node:crypto';
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';

const seedBytes = 64 * 1024;

/** What a file's name says that its content is: whoever has the name can tell whether the bytes are right. */
export interface MadeFile {
  name: string;
  sizeBytes: number;
}

/** Names a file: its number and size are all that its bytes depend on. */
export function madeFile(number: number, sizeBytes: number): MadeFile {
  return { name: `made ${number} of ${sizeBytes}.bin`, sizeBytes };
}

/** The file of a name; undefined: it is none of these. */
export function fileOfName(name: string): MadeFile | undefined {
  const [, size] = /^made \d+ of (\d+)\.bin$/.exec(name) ?? [];
  return size === undefined ? undefined : { name, sizeBytes: Number(size) };
}

/** The bytes of a file, part by part. */
function* bytesOf({ name, sizeBytes }: MadeFile): Generator<Buffer> {
  const key = createHash('sha256').update(name).digest();
  for (let at = 0; at < sizeBytes; at += seedBytes) {
    const part = createHash('shake256', { outputLength: Math.min(seedBytes, sizeBytes - at) });
    yield part.update(key).update(String(at)).digest();
  }
}

/** Writes a file into a folder; it appears when it is whole. */
export function writeMade(file: MadeFile, path: string): void {
  const descriptor = openSync(`${path}.tmp`, 'w');
  for (const part of bytesOf(file)) writeSync(descriptor, part);
  closeSync(descriptor);
  renameSync(`${path}.tmp`, path);
}

/** Whether bytes are those of a file. */
export function isMade(file: MadeFile, bytes: Buffer): boolean {
  if (bytes.length !== file.sizeBytes) return false;
  let at = 0;
  for (const part of bytesOf(file)) {
    if (!part.equals(bytes.subarray(at, at + part.length))) return false;
    at += part.length;
  }
  return true;
}
