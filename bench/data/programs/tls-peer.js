// Shares a folder over TLS that wants a certificate of its caller: tls-peer.js FOLDER STATE-FOLDER PEM-FOLDER
// As the command does it: see tls-get.js.
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

enableCompileCache(join(homedir(), '.cache', 'cardume', 'compiled'));
const { formatAddress } = await import('@cardume/client');
const { startPeer } = await import('@cardume/peer');

const [folder = '', stateFolder = '', pemFolder = ''] = process.argv.slice(2);
const pem = (/** @type {string} */ name) => readFileSync(join(pemFolder, name), 'utf8');

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
