// Shares paths, prints what became of them as one JSON object, and ends: `share-once.ts STATE-FOLDER PATH…`
import { openPeer } from '@cardume/client';
import { type PeerEvent, startPeer } from '@cardume/peer';
import { absentIndex } from './absent-index.ts';

const [stateFolder = '', ...paths] = process.argv.slice(2);
const events: PeerEvent[] = [];
const peer = await startPeer({
  paths,
  stateFolder,
  index: absentIndex,
  logLevel: 'silent',
  onEvent: (event) => events.push(event),
});
const client = openPeer(peer.address);
const names: string[] = [];
for await (const { name } of client.listFiles()) names.push(name);
const skipped = events
  .flatMap((event) => (event.type === 'skipped' ? [{ path: event.path, problem: event.problem }] : []))
  .sort((a, b) => a.path.localeCompare(b.path));
console.log(JSON.stringify({ names, skipped }));
client.close();
await peer.stop();
