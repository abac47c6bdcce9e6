import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerServerName } from '@cardume/client/trust';
import { beforeAll } from '@jest/globals';
import { cardumeCommand } from '../../support/cardume-command.ts';
import type { TestNetwork } from './use-network.ts';

/** An index that is the authority of a network, a peer of it, and somebody who has enrolled: each a process of the command. */
export interface SecureTestNetwork extends TestNetwork {
  /** The DNS name in the peer's certificate. */
  peerName: string;
  /** Where who has enrolled has key, certificate and the network's authorities: STATE/networks/ID/identity. */
  identityFolder: string;
}

/**
 * Starts an index with certificates and a peer that shares one file before the tests of a file run, and enrols this machine by a
 * search; they are stopped after the last.
 *
 * @returns the network; what it has is there once the first test runs
 */
export function useSecureNetwork(name: string, content: Uint8Array): SecureTestNetwork {
  const cardume = cardumeCommand();
  const network: SecureTestNetwork = { index: '', peer: '', peerId: '', peerName: '', identityFolder: '' };
  beforeAll(async () => {
    mkdirSync(join(cardume.folder, 'shared'));
    writeFileSync(join(cardume.folder, 'shared', name), content);
    const index = cardume.start(['index', '--listen', '127.0.0.1:0', '--authority', 'network', '--json']);
    const { address, networkId, invite } = await index.waitForObject('listening');
    const byInvite = ['--index', String(invite)];
    const { address: peer, peerId } = await cardume.startShare(['shared'], byInvite);
    const { code, stderr } = await cardume.run(['search', name, ...byInvite]);
    if (code !== 0) throw new Error(stderr);
    const { HOME: home = '' } = cardume.env;
    Object.assign(network, {
      // As the page has it: this is a name in the certificate of every index.
      index: String(address).replace('127.0.0.1', 'localhost'),
      peer,
      peerId,
      peerName: peerServerName(String(networkId), peerId),
      identityFolder: join(home, '.local/state/cardume/networks', String(networkId), 'identity'),
    });
  });
  return network;
}
