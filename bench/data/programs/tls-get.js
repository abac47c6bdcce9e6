// Gets files from one peer over TLS with a certificate: tls-get.js HOST:PORT PEM-FOLDER TARGET-FOLDER NAME…
// As the command does it: compiled code is kept in the home of the run, and this is no TypeScript, since for the first file
// with types Node loads what strips them.
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

enableCompileCache(join(homedir(), '.cache', 'cardume', 'compiled'));
const { connect, parseAddress } = await import('@cardume/client');

const [address = '', pemFolder = '', folder = '', ...names] = process.argv.slice(2);
const pem = (/** @type {string} */ name) => readFileSync(join(pemFolder, name), 'utf8');

const cardume = connect({
  tls: { authority: pem('authority.pem'), certificate: pem('caller.pem'), privateKey: pem('caller.key') },
});
for (const name of names) await cardume.get(name, { folder, from: parseAddress(address, 'peer'), blocksThread: true });
cardume.close();
