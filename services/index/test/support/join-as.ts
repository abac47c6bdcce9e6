/**
 * Joins an index as one peer after the other, at the hosts and ports that it is told, and says what came of each as a line of
 * JSON: `node join-as.ts INDEX HOST:PORT…`. An empty HOST is where the index sees it.
 */
import { CardumeError, openIndex, parseAddress } from '@cardume/client';

const [, , at = '', ...claims] = process.argv;
const index = openIndex(parseAddress(at, 'INDEX'));
for (const claim of claims) {
  const colon = claim.lastIndexOf(':');
  const host = claim.slice(0, colon);
  const joining = { port: Number(claim.slice(colon + 1)), shareName: '', files: [], ...(host === '' ? {} : { host }) };
  try {
    const { host: listed, reachable } = await index.join(joining);
    console.log(JSON.stringify({ claim, listed, reachable }));
  } catch (error) {
    const { reason, message } = CardumeError.is(error) ? error : { reason: 'none', message: String(error) };
    console.log(JSON.stringify({ claim, reason, message }));
  }
}
index.close();
