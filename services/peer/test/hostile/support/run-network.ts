// Runs an index that is the authority of a network, until it is told to stop: `run-network.ts OPTIONS-AS-JSON`. Prints where
// it listens, and the invites of a member and an admin, as a JSON object.
import { formatAddress } from '@cardume/client';
import { type IndexOptions, startIndex } from '@cardume/index';

const options: IndexOptions = JSON.parse(process.argv[2] ?? '{}');
const index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'warn', ...options });
const invites = await index.invites([index.address]);
process.once('SIGTERM', () => void index.stop(0));
const { metricsAddress } = index;
const metrics = metricsAddress === undefined ? undefined : formatAddress(metricsAddress);
const { member: invite, admin } = invites ?? {};
console.log(JSON.stringify({ type: 'listening', address: formatAddress(index.address), metrics, invite, admin }));
