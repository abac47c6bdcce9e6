import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StartedProcess } from '../../tests/support/start-process.ts';
import type { Getting } from './sides.ts';
import { receiverAddress, type Sides, senderAddress } from './sides.ts';

/** A way to get the file that stays up, so that what enrols does so once. */
export interface RelayedSystem extends Getting {
  name: string;
  /** Starts what serves, and takes part in it for the first time. */
  serve(): Promise<void>;
}

const here = join(import.meta.dirname, '../..');
const quiet = ['--log-level', 'error'];
let nextPort = 50_100;

/** Directly, and through a relay at either end. @param other another checkout, whose relayed transfers are measured as well */
export function relayedSystems(sides: Sides, other: string | undefined): RelayedSystem[] {
  const trees = [{ tree: here, suffix: other === undefined ? '' : ', after' }];
  if (other !== undefined) trees.unshift({ tree: other, suffix: ', before' });
  return [
    system(sides, { name: 'direct', tree: here, relay: 'receiver', isHidden: false }),
    ...(['receiver', 'sender'] as const).flatMap((relay) =>
      trees.map(({ tree, suffix }) =>
        system(sides, { name: `relay at the ${relay}${suffix}`, tree, relay, isHidden: true }),
      ),
    ),
  ];
}

interface SystemInit {
  name: string;
  tree: string;
  /** On which side the index is, which relays. */
  relay: 'sender' | 'receiver';
  /** Whether nobody can dial the peer. */
  isHidden: boolean;
}

function system(sides: Sides, { name, tree, relay, isHidden }: SystemInit): RelayedSystem {
  const main = join(tree, 'clients/cli/src/cardume.js');
  const home = join(sides.folder, name.replaceAll(/\W+/g, '-'));
  const [indexPort, peerPort] = [nextPort++, nextPort++];
  let invite = '';
  const start = (side: 'sender' | 'receiver', machine: string, ...args: string[]): StartedProcess => {
    const HOME = join(home, machine);
    mkdirSync(HOME, { recursive: true });
    return sides.start(side, process.execPath, [main, ...args, '--json'], { HOME });
  };
  // Who shares is connected to by the hidden peer, past the relay.
  const get = (): StartedProcess =>
    start('receiver', 'getting', 'get', 'file', '--index', invite, '-o', sides.target, '--no-copy', '--no-share');
  return {
    name,
    async serve() {
      const host = relay === 'sender' ? senderAddress : receiverAddress;
      const index = start(
        relay,
        'index',
        ...['index', '--listen', `0.0.0.0:${indexPort}`, '--host', host, '--relay-limit', '1GB/s', '--no-announce'],
        ...quiet,
      );
      invite = String((await index.waitForObject('listening')).invite);
      // Nobody listens at that port, so that nobody can dial it.
      const advertise = isHidden ? ['--advertise', `${senderAddress}:9`] : [];
      const share = start(
        'sender',
        'sharing',
        ...['share', sides.shared, '--listen', `${senderAddress}:${peerPort}`, '--index', invite, ...advertise],
        ...quiet,
      );
      await share.waitForObject(isHidden ? 'relayed' : 'joined');
      const search = start('receiver', 'getting', 'search', 'file', '--index', invite);
      const { code } = await search.waitForEnd();
      if (code !== 0) throw new Error(`${name}: ${search.stderr}`);
    },
    get,
    cameBytes: (_, getting) => Number([...getting.stdout.matchAll(/"verifiedBytes":(\d+)/g)].at(-1)?.[1] ?? 0),
  };
}
