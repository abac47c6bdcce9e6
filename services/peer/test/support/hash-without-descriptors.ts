// Hashes a file while this process has no descriptor left, and then again: `hash-without-descriptors.ts FILE`. Prints what
// became of each, one JSON object a line.
import { closeSync, openSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from '@cardume/client';
import { createHashPool } from '../../src/adapters/hash-pool.ts';
import { scannedFileOf } from '../../src/adapters/scanned-file-of.ts';
import type { FileOutcome } from '../../src/core/hash-task.ts';

const [path = ''] = process.argv.slice(2);
const file = scannedFileOf('file', path, await lstat(path, { bigint: true }));
const pool = createHashPool(2);
const held: number[] = [];
try {
  for (;;) held.push(openSync(path, 'r'));
} catch (error) {
  console.log(JSON.stringify({ problem: messageOf(error) }));
}
for (const { status } of await Promise.allSettled([pool.hashFiles([file]), pool.hashFiles([file])])) {
  console.log(JSON.stringify({ status }));
}
for (const descriptor of held) closeSync(descriptor);
// Those two may still be ending, and then the file is refused once more.
for (let outcome: FileOutcome | undefined; outcome === undefined; ) {
  outcome = await pool.hashFiles([file]).then(
    ([only]) => only,
    () => nextTurn(undefined),
  );
  if (outcome !== undefined) console.log(JSON.stringify(outcome));
}
await pool.close();
