// Shares a folder over TLS that wants a certificate of its caller: tls-peer.ts FOLDER STATE-FOLDER PEM-FOLDER
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress } from '@cardume/client';
import { startPeer } from '@cardume/peer';

const [folder = '', stateFolder = '', pemFolder = ''] = process.argv.slice(2);
const pem = (name: string): string => readFileSync(join(pemFolder, name), 'utf8');

const peer = await startPeer({
  paths: [folder],
  stateFolder,
  // Nobody listens there: this peer is asked by its address.
  index: '127.0.0.1:1',
  logLevel: 'silent',
  tls: { certificate: pem('peer.pem'), privateKey: pem('peer.key'), clientAuthority: pem('authority.pem') },
});
console.log(JSON.stringify({ type: 'listening', address: formatAddress(peer.address) }));
process.on('SIGTERM', () => void peer.stop(0));
