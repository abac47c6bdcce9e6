import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openChannel } from '@cardume/client/channel';
import type { InboxOptions } from '@cardume/peer';
import { type DeepPartial, TransferServiceDefinition, type UploadRequest } from '@cardume/proto/transfer/v1';
import { afterAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { quarantineName } from '../src/core/offers/check-offer.ts';
import { manifestOf, patterned, usePeers } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const closings: (() => void)[] = [];
afterAll(() => {
  for (const close of closings) close();
});

const content = patterned(300_000);
const described = (bytes: Buffer, name = 'up.bin') => ({
  name,
  sizeBytes: bytes.length,
  digest: manifestOf(bytes).digest,
});
let count = 0;

async function startInbox(rules: Partial<InboxOptions> = { otherwise: 'accept' }) {
  const inbox = join(folder, `inbox-${count++}`);
  const { peer } = await startPeer({ paths: [], inbox: { folder: inbox, ...rules } });
  const channel = openChannel(peer.address, 'peer');
  closings.push(() => channel.close());
  return { inbox, service: channel.client(TransferServiceDefinition) };
}

type Part = DeepPartial<UploadRequest>;

async function* parts(...messages: Part[]): AsyncGenerator<Part> {
  yield* messages;
}

/** What comes from `from` on, in messages of 64 KiB, the first with what it is. */
function partsOf(bytes: Buffer, from = 0, end = bytes.length, file = described(bytes)): Part[] {
  const messages: Part[] = [{ file }];
  for (let at = from; at < end; at += 65_536) {
    messages.push({ writeOffset: at, data: bytes.subarray(at, Math.min(end, at + 65_536)) });
  }
  return messages;
}

/** What is in an inbox, but for the folder of what is not whole. */
const placed = (inbox: string): string[] => readdirSync(inbox).filter((name) => name !== quarantineName);
const quarantined = (inbox: string): string[] => readdirSync(join(inbox, quarantineName));

describe('an upload', () => {
  test('lands in the inbox, verified; again it is there already', async () => {
    const { inbox, service } = await startInbox();
    expect(await service.upload(parts(...partsOf(content)))).toEqual({
      committedSizeBytes: content.length,
      complete: true,
      name: 'up.bin',
      alreadyPresent: false,
    });
    expect(readFileSync(join(inbox, 'up.bin')).equals(content)).toBe(true);
    expect(quarantined(inbox)).toEqual([]);
    for (const again of [[{ file: described(content) }], partsOf(content)]) {
      expect(await service.upload(parts(...again))).toMatchObject({ complete: true, alreadyPresent: true });
    }
    expect(await service.getUpload({ file: described(content) })).toEqual({
      committedSizeBytes: content.length,
      complete: true,
    });
  });

  test('of nothing is a file of nothing, and one in a single message is one', async () => {
    const { inbox, service } = await startInbox();
    const nothing = described(Buffer.alloc(0), 'empty');
    expect(await service.upload(parts({ file: nothing }))).toMatchObject({ complete: true, name: 'empty' });
    const small = Buffer.from('hello');
    const sent = await service.upload(parts({ file: described(small, 'small.txt'), data: small }));
    expect(sent).toMatchObject({ complete: true, name: 'small.txt' });
    expect(readFileSync(join(inbox, 'small.txt'), 'utf8')).toBe('hello');
  });

  test('goes on from where it was cut, also when the call broke in the middle', async () => {
    const { inbox, service } = await startInbox();
    const file = described(content);
    expect(await service.getUpload({ file })).toEqual({ committedSizeBytes: 0, complete: false });
    const first = await service.upload(parts(...partsOf(content, 0, 131_072)));
    expect(first).toMatchObject({ committedSizeBytes: 131_072, complete: false, name: '' });
    expect(placed(inbox)).toEqual([]);

    const stop = new AbortController();
    const broken = async function* (): AsyncGenerator<Part> {
      yield* partsOf(content, 131_072, 196_608);
      await new Promise(() => {});
    };
    const breaking = service.upload(broken(), { signal: stop.signal });
    await until('what was sent to be there', async () => {
      const { committedSizeBytes } = await service.getUpload({ file });
      return committedSizeBytes === 196_608;
    });
    stop.abort();
    await expect(breaking).rejects.toMatchObject({ reason: 'CANCELLED' });
    // The server hears of it a moment later.
    const rest = await until('the upload to be taken up again', async () => {
      try {
        return await service.upload(parts(...partsOf(content, 196_608)));
      } catch (error) {
        expect(error).toMatchObject({ reason: 'TARGET_BUSY' });
        return undefined;
      }
    });
    expect(rest).toMatchObject({ committedSizeBytes: content.length, complete: true });
    expect(readFileSync(join(inbox, 'up.bin')).equals(content)).toBe(true);
  });

  test('with other bytes than the digest says never appears, and nothing of it is kept', async () => {
    const { inbox, service } = await startInbox();
    const wrong = Buffer.from(content).fill(0, 100, 200);
    const error = await failureOf(() => service.upload(parts(...partsOf(wrong, 0, wrong.length, described(content)))));
    expect(error).toMatchObject({ reason: 'BYTES_MISMATCH', code: 'DATA_LOSS' });
    expect(placed(inbox)).toEqual([]);
    expect(quarantined(inbox)).toEqual([]);
    expect(await service.getUpload({ file: described(content) })).toEqual({ committedSizeBytes: 0, complete: false });
  });

  test.each<[string, Part[], string]>([
    ['without saying what it is', [{ data: Buffer.from('x') }], 'INVALID_FIELD'],
    ['with nothing at all', [], 'INVALID_FIELD'],
    [
      'of a folder',
      [{ file: { ...described(content), folder: { fileCount: 1, totalSizeBytes: 1 } } }],
      'INVALID_FIELD',
    ],
    ['that says twice what it is', [{ file: described(content) }, { file: described(content) }], 'INVALID_FIELD'],
    [
      'that leaves a gap',
      [{ file: described(content) }, { writeOffset: 5, data: Buffer.from('x') }],
      'OFFSET_OUT_OF_RANGE',
    ],
    [
      'that is longer than it said',
      [{ file: described(Buffer.from('ab'), 'x'), data: Buffer.from('abc') }],
      'INVALID_FIELD',
    ],
    [
      'of more than is there already',
      [{ file: described(Buffer.alloc(0), 'no') }, { data: Buffer.from('x') }],
      'INVALID_FIELD',
    ],
    ['under a name that leads out', [{ file: { ...described(content), name: '..' } }], 'UNSAFE_NAME'],
  ])('%s is refused', async (_what, messages, reason) => {
    const { inbox, service } = await startInbox();
    expect(await failureOf(() => service.upload(parts(...messages)))).toMatchObject({ reason });
    expect(placed(inbox)).toEqual([]);
  });

  test('says where to go on when an offset is wrong', async () => {
    const { service } = await startInbox();
    await service.upload(parts(...partsOf(content, 0, 65_536)));
    const error = await failureOf(() => service.upload(parts(...partsOf(content, 0))));
    expect(error).toMatchObject({ reason: 'OFFSET_OUT_OF_RANGE', metadata: { committed_size_bytes: '65536' } });
  });

  test('follows the rules of the inbox, before a byte is stored', async () => {
    const { inbox, service } = await startInbox({ otherwise: 'accept', maxBytes: 1_000 });
    for (const call of [
      () => service.upload(parts(...partsOf(content))),
      () => service.getUpload({ file: described(content) }),
    ]) {
      expect(await failureOf(call)).toMatchObject({ reason: 'OFFER_REFUSED', metadata: { rule: 'size' } });
    }
    expect(quarantined(inbox)).toEqual([]);
    const none = await startInbox({});
    expect(await failureOf(() => none.service.upload(parts(...partsOf(content))))).toMatchObject({
      reason: 'OFFER_REFUSED',
    });
  });

  test('gets a number where something else has its name', async () => {
    const { inbox, service } = await startInbox();
    writeFileSync(join(inbox, 'up.bin'), 'mine');
    expect(await service.upload(parts(...partsOf(content)))).toMatchObject({ name: 'up (2).bin' });
    expect(readFileSync(join(inbox, 'up.bin'), 'utf8')).toBe('mine');
  });
});
