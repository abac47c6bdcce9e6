// Exits with 0 when a server serves and 1 when it does not. For container engines.
//
//   node health-check.ts HOST:PORT                       in plaintext: grpc.health.v1
//   node health-check.ts HOST:PORT --identity FOLDER     a peer with certificates, by its own: grpc.health.v1
//   node health-check.ts HOST:PORT --authorities FILE    the index of a network, which has no certificate to call itself with
import { parseArgs } from 'node:util';
import { CardumeError, cardumeErrorFrom, parseAddress } from '@cardume/client';
import { checkHealth } from './adapters/check-health.ts';

/** Loads what it needs of certificates only where there are some: a check runs every few seconds. */
async function isServing(): Promise<boolean> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { identity: { type: 'string' }, authorities: { type: 'string' } },
  });
  const [target = '', ...others] = positionals;
  const { identity, authorities } = values;
  if (others.length > 0 || (identity !== undefined && authorities !== undefined)) {
    throw CardumeError.invalidField('arguments', 'are HOST:PORT [--identity FOLDER | --authorities FILE]');
  }
  const address = parseAddress(target, 'HOST:PORT');
  if (authorities !== undefined) {
    const { checkIndexOfNetwork } = await import('./adapters/check-index-of-network.ts');
    await checkIndexOfNetwork(address, authorities);
    return true;
  }
  if (identity === undefined) return checkHealth(address);
  const { tlsToOneself } = await import('./adapters/tls-to-oneself.ts');
  return checkHealth(address, { tls: await tlsToOneself(identity) });
}

try {
  const serving = await isServing();
  if (!serving) console.error('it answers, and does not serve');
  process.exitCode = serving ? 0 : 1;
} catch (error) {
  console.error(cardumeErrorFrom(error).message);
  process.exitCode = 1;
}
