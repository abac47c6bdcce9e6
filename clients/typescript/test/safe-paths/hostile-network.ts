import { type DeepPartial, type Hit, IndexServiceDefinition } from '@cardume/proto/index/v1';
import {
  type DownloadFilesResponse,
  type DownloadResponse,
  type GetManifestResponse,
  TransferServiceDefinition,
} from '@cardume/proto/transfer/v1';
import { createServer, ServerError, Status } from 'nice-grpc';
import { takesNothing } from '../../../../tests/support/takes-nothing.ts';
import { type Cardume, connect, DigestBuilder, type Manifest, usualPieceLength } from '../../src/index.ts';

/** An index and a peer of one mind: whatever a test puts there is found, and served. */
export interface HostileNetwork {
  cardume: Cardume;
  /** Says under which name some bytes are found, as a file or a folder's manifest. @returns their digest */
  put(name: string, bytes: Buffer, folder?: Hit['folder']): string;
  stop(): Promise<void>;
}

/** Starts real servers. */
export async function startHostileNetwork(): Promise<HostileNetwork> {
  const contents = new Map<string, { bytes: Buffer; manifest: Manifest; hit: DeepPartial<Hit> }>();
  const none = async (): Promise<never> => {
    throw new ServerError(Status.UNIMPLEMENTED, 'no');
  };
  const contentOf = (digest: string) => {
    const content = contents.get(digest);
    if (content === undefined) throw new ServerError(Status.NOT_FOUND, 'no');
    return content;
  };
  async function* send(digest: string, offset = 0, limit = 0): AsyncGenerator<DeepPartial<DownloadResponse>> {
    const { bytes, hit } = contentOf(digest);
    yield { payload: { $case: 'file', value: { name: hit.name ?? '', sizeBytes: bytes.length, digest } } };
    yield { payload: { $case: 'chunk', value: bytes.subarray(offset, limit === 0 ? bytes.length : offset + limit) } };
  }
  const peer = createServer();
  peer.add(TransferServiceDefinition, {
    download: ({ digest, readOffset, readLimit }) => send(digest, readOffset, readLimit),
    async *downloadFiles({ digests }): AsyncGenerator<DeepPartial<DownloadFilesResponse>> {
      for (const digest of digests) yield* send(digest);
    },
    async *getManifest({ digest }): AsyncGenerator<DeepPartial<GetManifestResponse>> {
      const { sizeBytes, pieceLengthBytes, pieceHashes } = contentOf(digest).manifest;
      yield { sizeBytes, pieceLengthBytes, pieceHashes };
    },
    ...takesNothing,
    async *watchPieces() {},
    listFiles: none,
  });
  const peerPort = await peer.listen('127.0.0.1:0');
  const holder = { peerId: 'e'.repeat(64), host: '127.0.0.1', port: peerPort, reachable: true };
  const hitsOf = (query: string): DeepPartial<Hit>[] => {
    const found = contents.get(query);
    return found === undefined ? [] : [{ ...found.hit, holders: [holder], holderCount: 1 }];
  };
  const index = createServer();
  index.add(IndexServiceDefinition, {
    search: async ({ query }) => ({ hits: hitsOf(query) }),
    lookup: async ({ queries }) => ({ results: queries.map((query) => ({ hits: hitsOf(query) })) }),
    ...{ join: none, publish: none, renew: none, leave: none, listPeers: none, getStats: none, reportHolder: none },
    watch: async function* () {},
  });
  const cardume = connect({ index: { host: '127.0.0.1', port: await index.listen('127.0.0.1:0') } });
  return {
    cardume,
    put(name, bytes, folder) {
      const builder = new DigestBuilder(usualPieceLength(bytes.length));
      builder.update(bytes);
      const manifest = builder.finish();
      const { digest } = manifest;
      contents.set(digest, { bytes, manifest, hit: { name, digest, sizeBytes: bytes.length, folder } });
      return digest;
    },
    async stop() {
      cardume.close();
      index.forceShutdown();
      peer.forceShutdown();
    },
  };
}
