/**
 * An index in a process of its own, for tests that kill it: `node index-process.ts OPTIONS`, with the options as JSON.
 * Its log goes to standard error; once it listens, its address is on standard output.
 */
import { formatAddress } from '@cardume/client';
import { startIndex } from '@cardume/index';

const index = await startIndex(JSON.parse(process.argv[2] ?? '{}'));
process.stdout.write(`${JSON.stringify({ type: 'listening', address: formatAddress(index.address) })}\n`);
process.once('SIGTERM', () => void index.stop());
