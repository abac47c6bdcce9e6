// Shares paths until it is killed, and tells each event as one JSON object: `share-until-killed.ts STATE-FOLDER PATH…`.
// It hashes with one thread, which gives whoever kills it some time.
import { startPeer } from '@cardume/peer';
import { absentIndex } from './absent-index.ts';

const [stateFolder = '', ...paths] = process.argv.slice(2);
const onEvent = (event: object): void => console.log(JSON.stringify(event));
await startPeer({ paths, stateFolder, index: absentIndex, logLevel: 'silent', hashThreads: 1, onEvent });
console.log('sharing');
