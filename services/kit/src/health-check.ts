// Exits with 0 when a server serves and 1 when it does not: `node health-check.ts HOST:PORT`. For container engines.
import { cardumeErrorFrom, parseAddress } from '@cardume/client';
import { checkHealth } from './adapters/check-health.ts';

const [target = ''] = process.argv.slice(2);
try {
  const serving = await checkHealth(parseAddress(target, 'HOST:PORT'));
  if (!serving) console.error(`${target} answers, and does not serve`);
  process.exitCode = serving ? 0 : 1;
} catch (error) {
  console.error(cardumeErrorFrom(error).message);
  process.exitCode = 1;
}
