import { CardumeError, type PeerInfo, printable } from '@cardume/client';
import { shortDigest } from '../text/short-digest.ts';

/** How many letters of an id name a peer. */
const minIdLetters = 8;
const maxNamed = 5;

/**
 * Collects the peers that somebody means, as pages of all of them come by: by a name, or 8 or more digits of an id; by a tag, which
 * means all that have it and take something; or by `all`, which means all that take something.
 */
export class MeantPeers {
  readonly #texts: readonly string[];
  readonly #isAll: boolean;
  readonly #named = new Map<string, PeerInfo[]>();
  readonly #tagged = new Map<string, PeerInfo[]>();
  readonly #all: PeerInfo[] = [];

  /** @param text one, or several with commas between */
  constructor(text: string) {
    this.#isAll = text === 'all';
    this.#texts = [...new Set(text.split(',').map((part) => part.trim()))];
    if (this.#texts.includes(''))
      throw CardumeError.invalidField('PEER', 'has nothing at one place; name a peer, or all');
  }

  see(peer: PeerInfo): void {
    if (this.#isAll && peer.takesOffers) this.#all.push(peer);
    for (const text of this.#isAll ? [] : this.#texts) {
      if (isMeant(peer, text)) add(this.#named, text, peer);
      if (peer.tags.includes(text) && peer.takesOffers) add(this.#tagged, text, peer);
    }
  }

  /**
   * Those that are meant, each once.
   *
   * @throws CardumeError LEASE_UNKNOWN when one is not there; AMBIGUOUS when several have a name
   */
  result(): PeerInfo[] {
    if (this.#isAll) return this.#all;
    const peers = this.#texts.flatMap((text) => {
      const named = this.#named.get(text) ?? [];
      const tagged = this.#tagged.get(text) ?? [];
      return named.length === 0 && tagged.length > 0 ? tagged : [onlyOne(text, named)];
    });
    return [...new Map(peers.map((peer) => [peer.peerId, peer])).values()];
  }
}

function add(found: Map<string, PeerInfo[]>, text: string, peer: PeerInfo): void {
  found.set(text, [...(found.get(text) ?? []), peer]);
}

function isMeant({ peerId, shareName }: PeerInfo, text: string): boolean {
  const isId = text.length >= minIdLetters && /^[0-9a-f]+$/i.test(text) && peerId.startsWith(text.toLowerCase());
  return isId || shareName === text;
}

function onlyOne(text: string, peers: readonly PeerInfo[]): PeerInfo {
  const [first, ...others] = peers;
  if (first === undefined) {
    throw new CardumeError(
      'LEASE_UNKNOWN',
      `no live peer is called "${printable(text)}", or has it as a tag; cardume peers lists them`,
    );
  }
  if (others.length === 0) return first;
  const ids = peers.slice(0, maxNamed).map(({ peerId }) => shortDigest(peerId));
  const more = peers.length > maxNamed ? ` and ${peers.length - maxNamed} more` : '';
  throw new CardumeError(
    'AMBIGUOUS',
    `${peers.length} peers are called "${printable(text)}"; name one by its id: ${ids.join(', ')}${more}`,
  );
}
