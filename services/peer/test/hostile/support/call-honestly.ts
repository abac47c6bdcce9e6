// Enrols, and calls its index until it is told to stop: `call-honestly.ts INVITE FOLDER`. Each time over a connection that is there, and over a
// new one. Says when it has begun, and at the end how long the calls took; one that fails ends it.
import { connect, openIndex } from '@cardume/client';
import { openNetwork, parseInvite } from '@cardume/client/trust';
import { honestMeanwhile } from './honest-caller.ts';

const [, , invite = '', folder = ''] = process.argv;
const { networkId, addresses, token } = parseInvite(invite);
const network = await openNetwork({ folder, networkId, addresses, token });
const open = connect({ index: addresses, network });
async function call(): Promise<void> {
  await open.index.stats();
  const anew = openIndex(addresses, { tls: () => network.tlsOfIndex() });
  try {
    await anew.stats();
  } finally {
    anew.close();
  }
}
await call();
console.log(JSON.stringify({ type: 'calling' }));
const { times } = await honestMeanwhile(call, () => new Promise<void>((resolve) => process.once('SIGTERM', resolve)));
console.log(JSON.stringify({ type: 'called', ...times }));
open.close();
network.close();
