// Writes a file's pieces of 1 MiB to their places in another one, in a random order, and tells each when it is there:
// `write-pieces.ts FROM TO`. In between it overwrites pieces that are not there yet with noise, as a download does that gets
// wrong bytes first.
import { randomBytes } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const mib = 1024 * 1024;
const [from = '', to = ''] = process.argv.slice(2);
const source = await open(from, 'r');
const target = await open(to, 'r+');
const { size } = await stat(from);
const pieces = Array.from({ length: Math.ceil(size / mib) }, (_, piece) => piece).sort(() => Math.random() - 0.5);
const bytes = Buffer.alloc(mib);
for (const [index, piece] of pieces.entries()) {
  for (const other of pieces.slice(index, index + 3)) {
    await target.write(randomBytes(Math.min(mib, size - other * mib)), 0, undefined, other * mib);
  }
  const { bytesRead } = await source.read(bytes, 0, mib, piece * mib);
  await target.write(bytes, 0, bytesRead, piece * mib);
  console.log(JSON.stringify({ type: 'piece', piece }));
  await sleep(5);
}
await target.close();
console.log(JSON.stringify({ type: 'done' }));
