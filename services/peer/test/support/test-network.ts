import { join } from 'node:path';
import { type Cardume, connect } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { type Network, openNetwork, parseInvite } from '@cardume/client/trust';
import { type IndexOptions, type RunningIndex, startIndex } from '@cardume/index';
import { UserServiceDefinition } from '@cardume/proto/trust/v1';
import { afterEach } from '@jest/globals';

/** A network with certificates, in folders below one; all that was opened is closed after each test. */
export function useNetworks(folder: string) {
  const closings: (() => unknown)[] = [];
  let count = 0;
  afterEach(async () => {
    for (const close of closings.splice(0).reverse()) await close();
  });
  const fresh = (name: string): string => join(folder, `${name}-${count++}`);
  /** Closes something after the test. */
  const closing = <Closable extends { close(): unknown }>(opened: Closable): Closable => {
    closings.push(() => opened.close());
    return opened;
  };
  return {
    fresh,
    closing,
    /** An index that is the authority of a network of its own, with the invites to it. */
    async startNetwork(options: IndexOptions = {}) {
      const authority = fresh('authority');
      const index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', authority, ...options });
      closings.push(() => index.stop(0));
      const invites = await index.invites([index.address]);
      if (invites?.member === undefined || invites.admin === undefined) throw new Error('there are no invites');
      return { index, authority, member: invites.member, admin: invites.admin, paths: invites.paths };
    },
    /** Enrols with an invite, or with its addresses and another token; each machine has a folder of its own. */
    async enrol(invite: string, otherToken?: string): Promise<Network> {
      const { networkId, addresses, token } = parseInvite(invite);
      return closing(await openNetwork({ folder: fresh('machine'), networkId, addresses, token: otherToken ?? token }));
    },
    clientOf: (index: RunningIndex, network: Network): Cardume => closing(connect({ index: index.address, network })),
    usersOf(index: RunningIndex, network: Network) {
      return closing(openChannel(index.address, 'index', network.tlsOfIndex())).client(UserServiceDefinition);
    },
  };
}
