// Downloads files over plaintext HTTP/2, one after the other: node http2-client.ts HOST:PORT FOLDER NAME...
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [address, folder = '', ...names] = process.argv.slice(2);
// With the usual 64 KiB the sender waits for most of the time.
const windowBytes = 8 * 1024 * 1024;

const session = connect(`http://${address}`, { settings: { initialWindowSize: windowBytes } });
await once(session, 'connect');
session.setLocalWindowSize(windowBytes);
for (const name of names) {
  const file = createWriteStream(join(folder, name), { highWaterMark: 1024 * 1024 });
  await pipeline(session.request({ ':path': `/${encodeURIComponent(name)}` }), file);
}
session.close();
