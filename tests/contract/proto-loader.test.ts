// A client that has only the .proto files and plain @grpc/grpc-js: what any language's gRPC sees of our servers.
import { createHash, randomBytes } from 'node:crypto';
import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DynamicClient, openDynamicClient } from './support/dynamic-client.ts';
import { detailsOf } from './support/error-details.ts';
import { useNetwork } from './support/use-network.ts';

const small = Buffer.from('hello from a shoal\n');
// Two pieces and a bit.
const large = randomBytes(2 * 1024 * 1024 + 12_345);
const smallDigest = createHash('sha256').update(small).digest('hex');

const network = useNetwork({ 'hello.txt': small, 'data/large.bin': large });
let index: DynamicClient;
let peer: DynamicClient;

beforeAll(() => {
  index = openDynamicClient('cardume/index/v1/index_service.proto', 'cardume.index.v1.IndexService', network.index);
  peer = openDynamicClient(
    'cardume/transfer/v1/transfer_service.proto',
    'cardume.transfer.v1.TransferService',
    network.peer,
  );
});

afterAll(() => {
  index?.close();
  peer?.close();
});

describe('the index, for a client with only the .proto files', () => {
  test('finds a file with the peer that holds it', async () => {
    const { hits, next_page_token: nextPageToken } = await index.unary('Search', { query: 'hello' });
    const [host, port] = network.peer.split(':');
    expect(hits).toMatchObject([
      {
        name: 'hello.txt',
        size_bytes: String(small.length),
        digest: smallDigest,
        holders: [{ peer_id: network.peerId, host, port: Number(port), partial: false, reachable: true }],
        holder_count: 1,
      },
    ]);
    expect(nextPageToken).toBe('');
  });

  test('looks many names and digests up, in their order', async () => {
    const queries = [smallDigest, 'nothing', 'large.bin', smallDigest.slice(0, 8).toUpperCase(), 'hello.txt'];
    const { results } = await index.unary('Lookup', { queries });
    const names = (results as { hits: { name: string }[] }[]).map(({ hits }) => hits.map(({ name }) => name));
    expect(names).toEqual([['hello.txt'], [], ['data/large.bin'], ['hello.txt'], ['hello.txt']]);

    const failure = await failureOf(index.unary('Lookup', { queries: ['hello.txt', ''] }));
    expect(failure.code).toBe(3);
    expect(detailsOf(failure).badRequest?.field_violations).toMatchObject([{ field: 'queries[1]' }]);
  });

  test('streams changes, first of all the token to go on with', async () => {
    expect(await index.firstOfStream('Watch', {})).toEqual({
      resume_token: expect.stringMatching(/^[\w-]{20,}$/),
      change_time: null,
    });
    const failure = await failureOf(index.serverStream('Watch', { resume_token: 'x' }));
    expect(failure.code).toBe(3);
    expect(detailsOf(failure)).toMatchObject({ info: { reason: 'PAGE_TOKEN_INVALID' } });
  });

  test('takes a peer through a whole life: join, publish, renew, leave', async () => {
    const entry = (name: string): object => ({ name, size_bytes: small.length, digest: smallDigest });
    const lease = await index.unary('Join', {
      host: '127.0.0.1',
      port: 9,
      share_name: 'by hand',
      files: [entry('first.txt')],
    });
    expect(lease).toMatchObject({ host: '127.0.0.1', reachable: false, taken_file_count: 1 });
    expect(lease.lease_ttl).toMatchObject({ seconds: '30' });
    expect(lease.renew_interval).toMatchObject({ seconds: '10' });
    const { peer_id, lease_secret } = lease;
    const key = { peer_id, lease_secret };

    const published = await index.clientStream('Publish', [
      { ...key, added: [entry('second.txt'), entry('third.txt')] },
      { removed_names: ['first.txt', 'never there.txt'] },
    ]);
    expect(published).toMatchObject({ taken_file_count: '2', removed_file_count: '1', file_count: '2' });
    expect(await index.unary('Renew', key)).toMatchObject({ file_count: '2', lease_ttl: { seconds: '30' } });

    const { peers } = await index.unary('ListPeers', {});
    expect(peers).toContainEqual(
      expect.objectContaining({ peer_id, share_name: 'by hand', file_count: '2', reachable: false }),
    );
    expect(await index.unary('GetStats', {})).toMatchObject({ peer_count: '2', lease_ttl: { seconds: '30' } });

    await index.unary('Leave', key);
    expect(await index.unary('Search', { query: 'second.txt' })).toMatchObject({ hits: [] });
    expect(await index.unary('GetStats', {})).toMatchObject({ peer_count: '1' });
  });

  test('counts reports of a peer that served wrong bytes, and names it last', async () => {
    const files = [{ name: 'reported.txt', size_bytes: 1, digest: smallDigest }];
    const { peer_id, lease_secret } = await index.unary('Join', { host: '127.0.0.1', port: 9, files });
    const report = { peer_id, digest: smallDigest, piece: 0 };
    expect(await index.unary('ReportHolder', report)).toEqual({ report_count: 1 });
    expect(await index.unary('ReportHolder', { ...report, piece: undefined })).toEqual({ report_count: 1 });
    const { peers } = await index.unary('ListPeers', {});
    expect(peers).toContainEqual(expect.objectContaining({ peer_id, report_count: 1 }));
    expect(peers).toContainEqual(expect.objectContaining({ peer_id: network.peerId, report_count: 0 }));
    expect(await index.unary('Search', { query: 'reported' })).toMatchObject({
      hits: [{ holders: [{ peer_id, report_count: 1 }] }],
    });
    await index.unary('Leave', { peer_id, lease_secret });
    const failure = await failureOf(index.unary('ReportHolder', report));
    expect(failure.code).toBe(5);
    expect(detailsOf(failure)).toMatchObject({ info: { reason: 'LEASE_UNKNOWN' } });
  });

  test('pages with tokens, and takes none that it did not make', async () => {
    const first = await index.unary('Search', { query: '', page_size: 1 });
    const second = await index.unary('Search', { query: '', page_size: 1, page_token: first.next_page_token });
    const names = [first, second].flatMap(({ hits }) => (hits as { name: string }[]).map(({ name }) => name));
    expect(names.sort()).toEqual(['data/large.bin', 'hello.txt']);

    const failure = await failureOf(index.unary('Search', { query: '', page_token: 'made up' }));
    expect(failure.code).toBe(3);
    expect(detailsOf(failure)).toMatchObject({ info: { reason: 'PAGE_TOKEN_INVALID', domain: 'cardume' } });
  });

  test('says in binary details which field is malformed', async () => {
    const files = [{ name: '../escape', size_bytes: 1, digest: smallDigest }];
    const failure = await failureOf(index.unary('Join', { host: '127.0.0.1', port: 9, files }));
    const { status, info, badRequest } = detailsOf(failure);
    expect(status).toMatchObject({ code: 3, message: failure.details });
    expect(info).toMatchObject({ reason: 'UNSAFE_NAME', domain: 'cardume', metadata: { field: 'files[0].name' } });
    expect(badRequest?.field_violations).toMatchObject([{ field: 'files[0].name' }]);
  });

  test('says in binary details when to try again', async () => {
    const { peer_id } = await index.unary('Join', { host: '127.0.0.1', port: 9 });
    const failure = await failureOf(index.unary('Join', { peer_id, host: '127.0.0.1', port: 9 }));
    const { info, retryInfo } = detailsOf(failure);
    expect(failure.code).toBe(7);
    expect(info).toMatchObject({ reason: 'LEASE_SECRET_WRONG' });
    expect(Number(retryInfo?.retry_delay.seconds)).toBeGreaterThan(0);
    expect(Number(retryInfo?.retry_delay.seconds)).toBeLessThanOrEqual(30);
  });

  test('answers about a lease that it does not know with NOT_FOUND', async () => {
    const failure = await failureOf(index.unary('Renew', { peer_id: 'a'.repeat(64), lease_secret: 'none' }));
    expect(failure.code).toBe(5);
    expect(detailsOf(failure)).toMatchObject({ info: { reason: 'LEASE_UNKNOWN' } });
  });
});

describe('a peer, for a client with only the .proto files', () => {
  test('streams a file: first its description, then its bytes in order', async () => {
    const [first, ...rest] = await peer.serverStream('Download', { name: 'data/large.bin' });
    expect(first).toMatchObject({
      payload: 'file',
      file: { name: 'data/large.bin', size_bytes: String(large.length) },
    });
    expect(rest.every(({ payload }) => payload === 'chunk')).toBe(true);
    expect(Buffer.concat(rest.map(({ chunk }) => chunk as Buffer)).equals(large)).toBe(true);
  });

  test('streams a range by digest', async () => {
    const [, ...rest] = await peer.serverStream('Download', { digest: smallDigest, read_offset: 6, read_limit: 4 });
    expect(Buffer.concat(rest.map(({ chunk }) => chunk as Buffer)).toString()).toBe('from');
  });

  test('streams several files, and says which one does not come', async () => {
    const digests = [smallDigest, 'a'.repeat(64), smallDigest];
    const messages = await peer.serverStream('DownloadFiles', { digests });
    expect(messages.map(({ payload }) => payload)).toEqual(['file', 'chunk', 'failure', 'file', 'chunk']);
    expect(messages[4]).toMatchObject({ chunk: small });
    expect(messages[2]).toMatchObject({ failure: { digest: 'a'.repeat(64), reason: 'FILE_NOT_SHARED' } });
  });

  test('says the size when an offset is past the end', async () => {
    const failure = await failureOf(peer.serverStream('Download', { digest: smallDigest, read_offset: 1_000 }));
    expect(failure.code).toBe(11);
    expect(detailsOf(failure)).toMatchObject({
      info: { reason: 'OFFSET_OUT_OF_RANGE', metadata: { size_bytes: String(small.length) } },
    });
  });

  test('gives a manifest that hashes to the digest', async () => {
    const { files } = await peer.unary('ListFiles', {});
    const listed = (files as { name: string; digest: string }[]).find(({ name }) => name === 'data/large.bin');
    const [manifest] = await peer.serverStream('GetManifest', { digest: listed?.digest });
    expect(manifest).toMatchObject({ size_bytes: String(large.length), piece_length_bytes: String(1024 * 1024) });
    const hashes = manifest?.piece_hashes as Buffer;
    expect(hashes.length).toBe(3 * 32);
    // Three pieces of 64 blocks: the fourth leaf of the tree is a piece of missing blocks, six levels above them.
    const missing = Array.from({ length: 6 }).reduce<Buffer>((node) => sha256(node, node), Buffer.alloc(32));
    const left = sha256(hashes.subarray(0, 32), hashes.subarray(32, 64));
    const right = sha256(hashes.subarray(64, 96), missing);
    expect(sha256(left, right).toString('hex')).toBe(listed?.digest);
  });

  test('tells which pieces it has, as bits or as all of them', async () => {
    const { files } = await peer.unary('ListFiles', {});
    const listed = (files as { name: string; digest: string }[]).find(({ name }) => name === 'data/large.bin');
    expect(await peer.firstOfStream('WatchPieces', { digest: listed?.digest })).toMatchObject({
      payload: 'state',
      state: {
        size_bytes: String(large.length),
        piece_length_bytes: String(1024 * 1024),
        complete: true,
        have: Buffer.alloc(0),
        underway: [],
      },
    });
    const failure = await failureOf(peer.serverStream('WatchPieces', { digest: 'a'.repeat(64) }));
    expect(failure.code).toBe(5);
    expect(detailsOf(failure)).toMatchObject({ info: { reason: 'FILE_NOT_SHARED' } });
  });

  test('shares each folder as one thing, whose manifest names what is in it', async () => {
    const { files } = await peer.unary('ListFiles', { include_folders: true });
    const manifest = [
      'cardume-folder 1',
      `file ${largeDigest(files)} ${large.length} data/large.bin`,
      `file ${smallDigest} ${small.length} hello.txt`,
      '',
    ].join('\n');
    const digest = sha256(Buffer.from(manifest)).toString('hex');
    const folder = { file_count: '2', total_size_bytes: String(small.length + large.length) };
    const described = { name: 'shared', size_bytes: String(manifest.length), digest, folder };
    expect(files).toMatchObject([
      { name: 'data/large.bin', folder: null },
      { name: 'hello.txt' },
      described,
      { name: 'shared/data' },
    ]);
    const [first, ...rest] = await peer.serverStream('Download', { digest });
    expect(first).toMatchObject({ payload: 'file', file: described });
    expect(Buffer.concat(rest.map(({ chunk }) => chunk as Buffer)).toString()).toBe(manifest);
    const query = { query: 'shared', match_mode: 'MATCH_MODE_EXACT' };
    expect((await index.unary('Search', query)).hits).toEqual([]);
    expect((await index.unary('Search', { ...query, include_folders: true })).hits).toMatchObject([described]);
    const { results } = await index.unary('Lookup', { queries: ['data', digest], include_folders: true });
    expect(results).toMatchObject([{ hits: [{ name: 'shared/data' }] }, { hits: [described] }]);
  });

  test('takes an upload in parts, and says how far it is', async () => {
    const file = { name: 'sent.bin', size_bytes: large.length, digest: await digestOf('data/large.bin') };
    expect(await peer.unary('GetUpload', { file })).toEqual({ committed_size_bytes: '0', complete: false });
    const half = 1024 * 1024;
    const first = await peer.clientStream('Upload', [{ file, data: large.subarray(0, half) }]);
    expect(first).toMatchObject({ committed_size_bytes: String(half), complete: false });
    expect(await peer.unary('GetUpload', { file })).toMatchObject({ committed_size_bytes: String(half) });
    const failure = await failureOf(
      peer.clientStream('Upload', [{ file, write_offset: 7, data: large.subarray(7, 9) }]),
    );
    expect(failure.code).toBe(11);
    expect(detailsOf(failure)).toMatchObject({ info: { metadata: { committed_size_bytes: String(half) } } });
    const rest = await peer.clientStream('Upload', [
      { file, write_offset: half, data: large.subarray(half, 2 * half) },
      { write_offset: 2 * half, data: large.subarray(2 * half) },
    ]);
    expect(rest).toMatchObject({ committed_size_bytes: String(large.length), complete: true, name: 'sent.bin' });
    expect(await peer.unary('GetUpload', { file })).toMatchObject({ complete: true });
  });

  test('accepts what it is offered, or tells that it has it', async () => {
    const file = { name: 'offered.bin', size_bytes: large.length, digest: await digestOf('data/large.bin') };
    // It goes on without the call, and waits for somebody else who has it.
    expect(await peer.firstOfStream('Offer', { file, peer_id: network.peerId })).toMatchObject({ news: 'accepted' });
    expect(await peer.serverStream('Offer', { file: { ...file, name: 'sent.bin' } })).toMatchObject([
      { news: 'done', done: { name: 'sent.bin', already_present: true } },
    ]);
  });

  test('lists what it shares and says who it is', async () => {
    expect(await peer.unary('ListFiles', { page_size: 1 })).toMatchObject({
      files: [{ name: 'data/large.bin' }],
      peer_id: network.peerId,
      file_count: '2',
    });
  });
});

test('every RPC of both services was called', () => {
  for (const client of [index, peer]) expect([...client.called].sort()).toEqual([...client.methods].sort());
});

/** The digest of a file that the peer shares. */
async function digestOf(name: string): Promise<string> {
  const { files } = await peer.unary('ListFiles', {});
  return (files as { name: string; digest: string }[]).find((file) => file.name === name)?.digest ?? '';
}

/** The digest that a list says the large file has. */
function largeDigest(files: unknown): string {
  return (files as { name: string; digest: string }[]).find(({ name }) => name === 'data/large.bin')?.digest ?? '';
}

function sha256(...parts: Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

/** The error of grpc-js that a call fails with. */
async function failureOf(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => {
      throw new Error('the call succeeded');
    },
    (failure: ServiceError) => failure,
  );
}
