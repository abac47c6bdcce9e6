// Enrols and shares, until it is told to stop: `run-member.ts INVITE IDENTITY-FOLDER OPTIONS-AS-JSON`. Prints who it is and where
// it serves as a JSON object.
import { formatAddress } from '@cardume/client';
import { openNetwork, parseInvite } from '@cardume/client/trust';
import { type PeerOptions, startPeer } from '@cardume/peer';

const [, , invite = '', folder = '', options = '{}'] = process.argv;
const { networkId, addresses, token } = parseInvite(invite);
const network = await openNetwork({ folder, networkId, addresses, token });
const asked: PeerOptions = JSON.parse(options);
const peer = await startPeer({ ...asked, index: formatAddress(addresses[0]), network, logLevel: 'warn' });
process.once('SIGTERM', () => {
  network.close();
  void peer.stop(0);
});
console.log(JSON.stringify({ type: 'serving', address: formatAddress(peer.address), peerId: peer.peerId }));
