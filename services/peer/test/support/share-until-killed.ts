// Shares paths until it is killed: `share-until-killed.ts STATE-FOLDER PATH…`
import { startPeer } from '@cardume/peer';
import { absentIndex } from './absent-index.ts';

const [stateFolder = '', ...paths] = process.argv.slice(2);
await startPeer({ paths, stateFolder, index: absentIndex, logLevel: 'silent' });
console.log('sharing');
