import {
  GetStatsRequest,
  JoinRequest,
  type JoinResponse,
  LeaveRequest,
  ListPeersRequest,
  ListPeersResponse,
  LookupRequest,
  MatchMode,
  PublishRequest,
  RenewRequest,
  ReportHolderRequest,
  SearchRequest,
  SearchResponse,
  WatchRequest,
  WatchResponse,
} from '@cardume/proto/index/v1';
import { writePageToken } from '@cardume/service-kit';
import type { KnownRequests } from '../../../../tests/support/fuzz/request-cases.ts';
import { digestOf, peerIdOf } from '../support/listed.ts';
import { endpoint, entries, fingerprint, folder, names } from './listed-files.ts';

/** Asks the index for what it is to give. */
type Ask = (method: string, message: Uint8Array) => Promise<Uint8Array>;

/** The peers of an index. */
interface JoinedPeers {
  /** The one whose secret is known. */
  known: JoinResponse;
  /** One that leaves. */
  leaver: JoinResponse;
  /** Those whose secrets are nobody's business. */
  others: readonly JoinResponse[];
}

/** What peers and searchers of this index send. */
export async function requestsLike(ask: Ask, { known, leaver, others }: JoinedPeers): Promise<KnownRequests> {
  const { peerId, leaseSecret } = known;
  const [anyName = '', ...moreNames] = names;
  const searches = searchesOf(anyName);
  const tokens = await tokensOf(ask);
  const digests = [folder.digest, digestOf(anyName), digestOf('nobody has it'), 'ab'.repeat(4)];
  return {
    plausible: {
      peer_id: [peerId, peerId, peerIdOf('c'), peerIdOf('d'), ...others.map((other) => other.peerId), ''],
      lease_secret: [leaseSecret, leaseSecret, leaseSecret, 'wrong', ''],
      host: ['127.0.0.1', '127.0.0.1', '127.1.2.3', ''],
      name: [anyName, ...moreNames.slice(0, 20), 'new.txt', 'a/b/c'],
      removed_names: [anyName, 'new.txt'],
      digest: digests,
      share_name: ['share', 'Fotos'],
      list_fingerprint: ['', '\u0007'.repeat(32)],
      allowed_users: ['ana', 'bia', 'x'.repeat(65), ''],
      query: [
        'alpha',
        'alph',
        'alpha beta -gamma',
        'a*a',
        '*a*b*',
        '"alpha beta"',
        'ext:txt size:>1K',
        '',
        'niña',
        'a',
        'alpa',
      ],
      queries: [anyName, ...digests, 'alpha'],
      extension: ['txt', '.TXT', 'tar.gz', ''],
      page_token: [...tokens.search, ...tokens.peers],
      resume_token: tokens.watch,
    },
    real: {
      Join: [
        { ...endpoint, peerId, leaseSecret, files: entries.slice(0, 5), listFingerprint: fingerprint },
        { ...endpoint, peerId, leaseSecret, files: [...entries, folder] },
        { ...endpoint, peerId: peerIdOf('c'), files: entries.slice(0, 2) },
        { ...endpoint, peerId: others[0]?.peerId ?? '', files: [folder] },
      ].map((join) => JoinRequest.encode(JoinRequest.fromPartial(join)).finish()),
      Publish: [
        { peerId, leaseSecret, added: entries.slice(3, 6), removedNames: [anyName] },
        { peerId, leaseSecret, added: [{ ...folder, folder: undefined }], listFingerprint: fingerprint },
        { added: entries.slice(0, 2).map((entry) => ({ ...entry, partial: true })) },
      ].map((publish) => PublishRequest.encode(PublishRequest.fromPartial(publish)).finish()),
      Renew: [RenewRequest.encode({ peerId, leaseSecret }).finish()],
      Leave: [leaver, { peerId: peerIdOf('c'), leaseSecret }].map((proof) =>
        LeaveRequest.encode(LeaveRequest.fromPartial(proof)).finish(),
      ),
      Search: [...searches, ...tokens.search.map((pageToken) => ({ ...firstPage, pageToken }))].map((request) =>
        SearchRequest.encode(SearchRequest.fromPartial(request)).finish(),
      ),
      Lookup: [{ queries: [anyName, ...digests], includeFolders: true }, { queries: names.slice(0, 100) }].map(
        (request) => LookupRequest.encode(LookupRequest.fromPartial(request)).finish(),
      ),
      ReportHolder: [
        { peerId, digest: digestOf(anyName), piece: 3 },
        { peerId, digest: folder.digest },
      ].map((request) => ReportHolderRequest.encode(ReportHolderRequest.fromPartial(request)).finish()),
      ListPeers: [
        ...tokens.peers.map((pageToken) => ({ pageSize: 2, pageToken })),
        { peerIds: [peerId, peerIdOf('c')] },
      ].map((request) => ListPeersRequest.encode(ListPeersRequest.fromPartial(request)).finish()),
      GetStats: [GetStatsRequest.encode({}).finish()],
      Watch: ['', ...tokens.watch].map((token) =>
        WatchRequest.encode({ resumeToken: token, query: 'alpha', includeFolders: true }).finish(),
      ),
    },
  };
}

function searchesOf(name: string): Parameters<typeof SearchRequest.fromPartial>[0][] {
  return [
    { query: 'alpha report' },
    { query: 'alpha -beta ext:txt size:>1K', includeFolders: true },
    { query: name, matchMode: MatchMode.MATCH_MODE_EXACT },
    { query: 'alp', matchMode: MatchMode.MATCH_MODE_PREFIX, extension: 'txt' },
    { query: '*a?t*', matchMode: MatchMode.MATCH_MODE_GLOB, minSizeBytes: 5, maxSizeBytes: 100_000 },
    { query: digestOf(name).slice(0, 10), matchMode: MatchMode.MATCH_MODE_DIGEST },
    { query: 'alhpa reprot' },
  ];
}

const firstPage = SearchRequest.fromPartial({ query: 'alpha', pageSize: 2 });

/** Tokens of this index, and such as it never gave. */
async function tokensOf(ask: Ask): Promise<Record<'search' | 'peers' | 'watch', string[]>> {
  const page = SearchResponse.decode(await ask('Search', SearchRequest.encode(firstPage).finish()));
  const peers = ListPeersResponse.decode(
    await ask('ListPeers', ListPeersRequest.encode(ListPeersRequest.fromPartial({ pageSize: 1 })).finish()),
  );
  const { resumeToken } = WatchResponse.decode(await ask('Watch', new Uint8Array()));
  // Whoever can read the source can make tokens of any position.
  const searchToken = (bytes: Buffer): string =>
    writePageToken(JSON.stringify(['search', 'alpha', 'keywords', '', 0, 0, false]), bytes);
  const positions = [Buffer.alloc(0), Buffer.of(1), Buffer.alloc(60, 0xff), Buffer.alloc(900, 0xc3)];
  const watchPositions = [
    Buffer.alloc(8, 0xff),
    Buffer.alloc(8),
    Buffer.alloc(7),
    Buffer.from('000fffffffffffff61', 'hex'),
  ];
  return {
    search: [page.nextPageToken, ...positions.map(searchToken)],
    peers: [peers.nextPageToken, ...positions.map((bytes) => writePageToken('list-peers', bytes))],
    watch: [resumeToken, ...watchPositions.map((bytes) => writePageToken('watch', bytes))],
  };
}
