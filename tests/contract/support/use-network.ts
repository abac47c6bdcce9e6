import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll } from '@jest/globals';
import { cardumeCommand } from '../../support/cardume-command.ts';

/** An index and a peer, each a process of the command, as a stranger would start them. */
export interface TestNetwork {
  /** The index's `HOST:PORT`. */
  index: string;
  /** The peer's `HOST:PORT`. */
  peer: string;
  peerId: string;
}

/**
 * Starts an index and a peer that shares these files, and takes what is sent to it, before the tests of a file run; they are stopped after the last.
 *
 * @returns the network; its addresses are there once the first test runs
 */
export function useNetwork(files: Record<string, Uint8Array>): TestNetwork {
  const cardume = cardumeCommand();
  const network: TestNetwork = { index: '', peer: '', peerId: '' };
  beforeAll(async () => {
    for (const [name, content] of Object.entries(files)) {
      const path = join(cardume.folder, 'shared', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    const index = await cardume.startIndex();
    const peer = await cardume.startShare(['shared'], ['--index', index.address, '--inbox', 'inbox', '--inbox-yes']);
    Object.assign(network, { index: index.address, peer: peer.address, peerId: peer.peerId });
  });
  return network;
}
