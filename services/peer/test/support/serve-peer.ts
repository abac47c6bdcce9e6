// Runs a peer until it is told to stop: `serve-peer.ts OPTIONS-AS-JSON`. Prints where it serves as a JSON object.
import { type PeerOptions, startPeer } from '@cardume/peer';
import { absentIndex } from './absent-index.ts';

const options: PeerOptions = JSON.parse(process.argv[2] ?? '{}');
const peer = await startPeer({ index: absentIndex, logLevel: 'silent', ...options });
process.once('SIGTERM', () => peer.stop(0));
console.log(JSON.stringify({ type: 'serving', ...peer.address }));
