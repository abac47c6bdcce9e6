// Gets files from one peer over TLS with a certificate: tls-get.ts HOST:PORT PEM-FOLDER TARGET-FOLDER NAME…
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, parseAddress } from '@cardume/client';

const [address = '', pemFolder = '', folder = '', ...names] = process.argv.slice(2);
const pem = (name: string): string => readFileSync(join(pemFolder, name), 'utf8');

const cardume = connect({
  tls: { authority: pem('authority.pem'), certificate: pem('caller.pem'), privateKey: pem('caller.key') },
});
for (const name of names) await cardume.get(name, { folder, from: parseAddress(address, 'peer') });
cardume.close();
