import { writeFileSync } from 'node:fs';
import type { PartialInit } from '@cardume/peer';
import {
  DownloadFilesRequest,
  DownloadFilesResponse,
  DownloadRequest,
  DownloadResponse,
  GetManifestRequest,
  GetManifestResponse,
  GetUploadRequest,
  ListFilesRequest,
  ListFilesResponse,
  OfferRequest,
  UploadRequest,
  WatchPiecesRequest,
  WatchPiecesResponse,
} from '@cardume/proto/transfer/v1';
import { writePageToken } from '@cardume/service-kit';
import { expect } from '@jest/globals';
import type { Outcome } from '../../../../tests/support/fuzz/documented-outcomes.ts';
import type { KnownRequests, TriedCall } from '../../../../tests/support/fuzz/request-cases.ts';
import { manifestOf, patterned, writeFiles } from '../support/start-test-peer.ts';

type Call = (tried: TriedCall) => Promise<Outcome>;

const files: Record<string, Buffer> = {
  'docs/readme.txt': Buffer.from('what an honest caller reads\n'),
  'docs/empty': Buffer.alloc(0),
  'docs/medium.bin': patterned(100_003),
  'large.bin': patterned(3 * 1024 * 1024 + 17),
  'niña 日本語.dat': patterned(16_385),
};
const allAnswers = 10_000;
/** What lies in the inbox, so that it is there already when somebody sends it. */
const known = Buffer.from('what was sent before\n');
/** What may be sent. */
const sendable = Buffer.from('what is sent\n');

/** Writes what the fuzzed peer shares. */
export function writeSharedFiles(folder: string): void {
  writeFiles(folder, files);
}

/** Writes what is in the inbox of the fuzzed peer. */
export function writeInbox(folder: string): void {
  writeFiles(folder, { 'here.known': known });
}

/** What it takes: so little that nothing grows. */
export const inboxRules = { types: ['known', 'up'], maxBytes: 1_000, quotaBytes: 100_000 };

/** Writes a file of which the first two of five pieces are there: what `sharePartial` is given. The same each time. */
export function writeHalfFile(path: string): PartialInit {
  const content = patterned(4 * 1024 * 1024 + 5);
  const manifest = manifestOf(content);
  writeFileSync(path, content.fill(0, 2 * manifest.pieceLengthBytes));
  const { digest, sizeBytes } = manifest;
  return { digest, sizeBytes, name: 'half.bin', path, manifest, have: [0, 1] };
}

/** Calls that are to be answered with OK, or with messages when they do not end. */
function certain(call: Call) {
  return async (method: string, message: Uint8Array, maxAnswers = allAnswers): Promise<readonly Uint8Array[]> => {
    const { status, text, answers } = await call({ method, messages: [message], maxAnswers, isPatient: true });
    const isAnswered = status === 'OK' || (status === 'CANCELLED' && answers.length >= maxAnswers);
    if (!isAnswered) throw new Error(`an honest ${method} was answered ${status}: ${text}`);
    return answers;
  };
}

/** Fails unless a peer serves all of its files, by each of its methods. */
export async function checkHonest(call: Call): Promise<void> {
  const ask = certain(call);
  const [listed] = await ask('ListFiles', ListFilesRequest.encode(ListFilesRequest.fromPartial({})).finish());
  const list = ListFilesResponse.decode(listed ?? new Uint8Array());
  const expected = Object.entries(files).map(([name, content]) => ({ name, digest: manifestOf(content).digest }));
  expect(list.files.map(({ name, digest }) => ({ name, digest }))).toEqual(expect.arrayContaining(expected));

  for (const [name, content] of Object.entries(files)) {
    const answers = await ask('Download', DownloadRequest.encode(DownloadRequest.fromPartial({ name })).finish());
    expect(bytesOf(answers.map((answer) => DownloadResponse.decode(answer))).equals(content)).toBe(true);
  }
  const digests = expected.map(({ digest }) => digest);
  const all = await ask('DownloadFiles', DownloadFilesRequest.encode({ digests }).finish());
  const sent = bytesOf(all.map((answer) => DownloadFilesResponse.decode(answer)));
  expect(sent.equals(Buffer.concat(Object.values(files)))).toBe(true);

  const [digest = ''] = digests;
  const manifest = await ask('GetManifest', GetManifestRequest.encode({ digest, pieceLengthBytes: 0 }).finish());
  const hashes = manifest.map((answer) => Buffer.from(GetManifestResponse.decode(answer).pieceHashes).toString('hex'));
  expect(hashes).toEqual([digest]);
  const [state] = await ask('WatchPieces', WatchPiecesRequest.encode({ digest }).finish(), 1);
  const { payload } = WatchPiecesResponse.decode(state ?? new Uint8Array());
  expect(payload).toMatchObject({ $case: 'state', value: { complete: true } });
}

type Payload = { $case: string; value: unknown } | undefined;

function bytesOf(answers: readonly { payload?: Payload }[]): Buffer {
  return Buffer.concat(
    answers.flatMap(({ payload }) => (payload?.$case === 'chunk' ? [Buffer.from(payload.value as Uint8Array)] : [])),
  );
}

/**
 * What callers of this peer send.
 *
 * @param partDigests of files that it has in part
 */
export async function requestsLike(call: Call, partDigests: readonly string[]): Promise<KnownRequests> {
  const ask = certain(call);
  const list = async (pageSize: number, includeFolders: boolean): Promise<ListFilesResponse> => {
    const request = ListFilesRequest.fromPartial({ pageSize, includeFolders });
    const [answer] = await ask('ListFiles', ListFilesRequest.encode(request).finish());
    return ListFilesResponse.decode(answer ?? new Uint8Array());
  };
  const all = (await list(100, true)).files;
  const digests = [...all.map(({ digest }) => digest), ...partDigests];
  const whole =
    digests.find((digest) => all.some((file) => file.digest === digest && file.sizeBytes > 1_000_000)) ?? '';
  const [partDigest = ''] = partDigests;
  const names = all.map(({ name, folder }) => (folder === undefined ? name : `${name}/`));
  // Whoever can read the source can make tokens of any position.
  const positions = [Buffer.of(0xff), Buffer.alloc(900, 0xc3), Buffer.from('docs/\u0000')];
  const tokens = [
    (await list(1, false)).nextPageToken,
    (await list(1, true)).nextPageToken,
    ...positions.flatMap((at) => [writePageToken('list-files', at), writePageToken('list-files and folders', at)]),
  ];
  const downloads = [
    ...names.map((name) => ({ name })),
    ...digests.map((digest) => ({ digest, readLimit: 70_000 })),
    { digest: whole, readOffset: 1_000_000, readLimit: 65_536 },
    { digest: whole, readOffset: 3 * 1024 * 1024 },
    { digest: partDigest, readOffset: 0, readLimit: 1_000 },
    { digest: partDigest, readOffset: 2 * 1024 * 1024, readLimit: 1_000 },
  ];
  const describedAs = (name: string, content: Buffer) => {
    const { digest, sizeBytes } = manifestOf(content);
    return { name, digest, sizeBytes };
  };
  const [here, sent] = [describedAs('here.known', known), describedAs('a.up', sendable)];
  return {
    plausible: {
      digest: [...digests, 'ab'.repeat(32), '', here.digest, sent.digest],
      digests: [...digests, 'ab'.repeat(32)],
      name: [...names, 'nobody has it', '', '', here.name, sent.name],
      page_token: tokens,
    },
    real: {
      Download: downloads.map((request) => DownloadRequest.encode(DownloadRequest.fromPartial(request)).finish()),
      DownloadFiles: [digests, digests.slice(0, 2), ['ab'.repeat(32), ...digests], []].map((asked) =>
        DownloadFilesRequest.encode({ digests: asked }).finish(),
      ),
      GetManifest: digests.flatMap((digest) =>
        [0, 16_384, 1024 * 1024, 4096].map((pieceLengthBytes) =>
          GetManifestRequest.encode({ digest, pieceLengthBytes }).finish(),
        ),
      ),
      WatchPieces: digests.map((digest) => WatchPiecesRequest.encode({ digest }).finish()),
      Offer: [
        { file: here },
        { file: { ...here, folder: { fileCount: 1, totalSizeBytes: 1 } } },
        { file: sent, peerId: 'ab'.repeat(32), otherPeerIds: ['cd'.repeat(32)] },
      ].map((request) => OfferRequest.encode(OfferRequest.fromPartial(request)).finish()),
      Upload: [
        { file: here },
        { file: sent },
        { file: sent, data: sendable.subarray(0, 4) },
        { writeOffset: 4, data: sendable.subarray(4) },
        { writeOffset: 0, data: sendable },
      ].map((request) => UploadRequest.encode(UploadRequest.fromPartial(request)).finish()),
      GetUpload: [here, sent].map((file) => GetUploadRequest.encode(GetUploadRequest.fromPartial({ file })).finish()),
      ListFiles: ['', ...tokens].map((pageToken) =>
        ListFilesRequest.encode({ pageSize: 2, pageToken, includeFolders: true }).finish(),
      ),
    },
  };
}
