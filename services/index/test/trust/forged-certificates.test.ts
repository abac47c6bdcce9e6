import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type ClientTls, openIndex } from '@cardume/client';
import { startIndex } from '@cardume/index';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { readAudit } from '../../../../tests/support/read-audit.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { until } from '../../../../tests/support/until.ts';
import { openAuthorityFolder } from '../../src/adapters/trust/authority-folder.ts';
import { authorityOf, clockOffBy, enrol, hourMs, newNetwork, type TestPeer } from '../support/trust-world.ts';

// What handshakes.test.ts shows of TLS alone, at an index that runs: it lets callers in without a certificate, since enrolling
// needs none, and so what is wrong with one is its own to find.

const folder = temporaryFolder();
const audit = join(folder, 'audit.jsonl');
let index: Awaited<ReturnType<typeof startIndex>>;
let genuine: TestPeer;

beforeAll(async () => {
  index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', authority: join(folder, 'authority'), audit });
  genuine = await enrol(await ours(0));
});

afterAll(() => index.stop(0));

/** The authority of the index, by a clock that is wrong by so much: as whoever stole its key has it. */
function ours(offMs: number) {
  return openAuthorityFolder(join(folder, 'authority'), clockOffBy(offMs));
}

/** Asks the index as whoever has that certificate. */
async function ask({ cert, key }: Pick<TestPeer, 'cert' | 'key'>): Promise<unknown> {
  const { networkId = '' } = index;
  const tls: ClientTls = {
    authority: genuine.ca,
    certificate: cert,
    privateKey: key,
    expects: { kind: 'index', networkId },
  };
  const client = openIndex(index.address, { tls: () => tls });
  try {
    return await client.stats();
  } finally {
    client.close();
  }
}

describe('an index', () => {
  test('answers who has a certificate of its network', async () => {
    expect(await ask(genuine)).toMatchObject({ peerCount: 0 });
  });

  test.each<[string, () => Promise<TestPeer>]>([
    ['that has ended', async () => enrol(await ours(-2 * hourMs))],
    ['of another network', async () => enrol(authorityOf(await newNetwork()))],
  ])('refuses a certificate %s, and writes down that it did', async (_what, make) => {
    const refusals = () => readAudit(audit).filter(({ event }) => event === 'refused');
    const before = refusals().length;
    const forged = await make();
    expect(await failureOf(() => ask(forged))).toMatchObject({ reason: 'CERTIFICATE_REFUSED' });
    const refused = await until('it is written down', () => (refusals().length > before ? refusals() : undefined));
    // Nobody vouches for what it says, and so it is not written down as who called.
    expect(refused.at(-1)).not.toHaveProperty('peerId');
  });

  test('is not called with a certificate and the key of somebody else: TLS cannot begin', async () => {
    const other = await enrol(await ours(0));
    expect(await failureOf(() => ask({ cert: genuine.cert, key: other.key }))).toBeDefined();
  });

  test('refuses random bytes in the place of a certificate', async () => {
    const cert = `-----BEGIN CERTIFICATE-----\n${randomBytes(300).toString('base64')}\n-----END CERTIFICATE-----\n`;
    expect(await failureOf(() => ask({ cert, key: genuine.key }))).toBeDefined();
    expect(await ask(genuine)).toBeDefined();
  });
});
