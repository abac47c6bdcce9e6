import { CardumeError, type Revoked } from '@cardume/client';
import type { Revocation } from '@cardume/proto/index/v1';
import type { RelayServiceImplementation } from '@cardume/proto/relay/v1';
import { bothStreams } from '../both-streams.ts';
import { rawStream } from '../raw-stream.ts';
import { createAccept } from './accept.ts';
import { createAskBack, type ReachedAt } from './ask-back.ts';
import { createConnect } from './connect.ts';
import { createListen } from './listen.ts';
import type { RelayComponents } from './relay-components.ts';

/** What a relay service is made of. */
export interface RelayServiceInit {
  /** What it relays with; undefined: it only names other relays. */
  relay: RelayComponents | undefined;
  /** The other relays of the network, `HOST:PORT`. */
  addresses: readonly string[];
  /** Whose certificates are refused. */
  revoked: () => Revoked;
  /** Where the index reached a peer; undefined: it did not. */
  reachedAt: ReachedAt | undefined;
}

/** Makes the RelayService. */
export function createRelayService({
  relay,
  addresses,
  revoked,
  reachedAt,
}: RelayServiceInit): RelayServiceImplementation {
  const listRelays: RelayServiceImplementation['listRelays'] = async () => ({
    here: relay !== undefined,
    addresses: [...addresses],
    revocations: revocationsOf(revoked()),
  });
  if (relay === undefined) {
    const streams = { listen: rawStream(refuse), connect: bothStreams(refuse), accept: bothStreams(refuse) };
    return { listRelays, ...streams, askBack: refuse };
  }
  return {
    listRelays,
    listen: rawStream(createListen(relay)),
    connect: bothStreams(createConnect(relay)),
    accept: bothStreams(createAccept(relay)),
    askBack: reachedAt === undefined ? refuse : createAskBack(relay, reachedAt),
  };
}

async function refuse(): Promise<never> {
  throw new CardumeError('METHOD_UNKNOWN', 'this server relays nothing itself; ListRelays names who does');
}

function revocationsOf({ users, peerIds }: Revoked): Revocation[] {
  return [
    ...users.map((value) => ({ of: { $case: 'user', value } }) as const),
    ...peerIds.map((value) => ({ of: { $case: 'peerId', value } }) as const),
  ];
}
