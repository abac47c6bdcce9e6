import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { announcement, asksForIndexes } from '../src/core/lan/announcement.ts';
import { addFound, type FoundIndex, indexesIn, maxFoundIndexes } from '../src/core/lan/found-indexes.ts';
import type { LanRecord } from '../src/core/lan/records.ts';

const networkId = 'ab'.repeat(32);
const index = { machine: 'büro.lan', suffix: 'a1b2c3', port: 50_051, address: '10.0.0.5', networkId };

/** Records as they arrive: texts are bytes. */
function arrived(records: ReturnType<typeof announcement>): LanRecord[] {
  return records.map((record) =>
    record.type === 'TXT' ? { ...record, data: record.data.map((text) => Buffer.from(text)) } : record,
  );
}

const [ptr, srv, txt] = arrived(announcement(index)) as [LanRecord, LanRecord, LanRecord];

describe('an announcement', () => {
  test('is found as what it says, where it came from', () => {
    expect(indexesIn(arrived(announcement(index)), '10.0.0.5')).toEqual([
      { name: 'Cardume b-ro-lan-a1b2c3', address: { host: '10.0.0.5', port: 50_051 }, networkId },
    ]);
    const plain = arrived(announcement({ ...index, networkId: undefined }));
    expect(indexesIn(plain, '10.0.0.9')).toMatchObject([{ address: { host: '10.0.0.9' }, networkId: undefined }]);
  });

  test('is over with a goodbye', () => {
    expect(indexesIn(arrived(announcement(index, true)), '10.0.0.5')).toEqual([]);
  });

  test('has labels that DNS can take, whatever the machine is called', () => {
    const [{ data } = { data: '' }] = announcement({ ...index, machine: 'x.'.repeat(100) });
    expect(String(data).split('.')[0]?.length).toBeLessThanOrEqual(63);
  });

  test.each<[string, LanRecord[], string]>([
    ['a sender that is none', [ptr, srv, txt], 'no host'],
    ['no port', [ptr, txt], '10.0.0.5'],
    ['port 0', [ptr, { ...srv, data: { port: 0 } }, txt], '10.0.0.5'],
    ['a port that is text', [ptr, { ...srv, data: { port: '1' } }, txt], '10.0.0.5'],
    ['no text', [ptr, srv], '10.0.0.5'],
    ['another version', [ptr, srv, { ...txt, data: [Buffer.from('v=2')] }], '10.0.0.5'],
    [
      'an id that is none',
      [ptr, srv, { ...txt, data: ['v=1', 'id=\u001b[31m'].map((text) => Buffer.from(text)) }],
      '10.0.0.5',
    ],
    ['another service', [{ ...ptr, name: '_other._tcp.local' }, srv, txt], '10.0.0.5'],
    ['a name that is none', [{ ...ptr, data: 7 }, srv, txt], '10.0.0.5'],
    ['too many records before it', [...Array.from({ length: 64 }, () => srv), ptr, txt], '10.0.0.5'],
  ])('with %s is passed over', (_, records, sender) => {
    expect(indexesIn(records, sender)).toEqual([]);
  });

  test('that is anything at all never throws', () => {
    const some = fc.record({
      type: fc.constantFrom('PTR', 'SRV', 'TXT', 'A'),
      name: fc.constantFrom(ptr.name, srv.name),
      ttl: fc.integer(),
      data: fc.anything(),
    });
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(some, fc.constantFrom(ptr, srv, txt), fc.record({ ttl: fc.anything(), data: fc.anything() })),
        ),
        (records) => {
          for (const { address } of indexesIn(records as LanRecord[], '10.0.0.5'))
            expect(address.port).toBeGreaterThan(0);
        },
      ),
    );
  });
});

test('no more than sixteen are kept, each address once', () => {
  const known = new Map<string, FoundIndex>();
  for (let port = 1; port < 100; port++) {
    const found = { name: 'a', address: { host: '10.0.0.5', port }, networkId: undefined };
    addFound(known, [found, found]);
  }
  expect(known.size).toBe(maxFoundIndexes);
});

test('only who asks for indexes is answered', () => {
  const name = '_CARDUME._tcp.local';
  expect(asksForIndexes([{ name, type: 'PTR' }])).toBe(true);
  expect(asksForIndexes([{ name, type: 'ANY' }])).toBe(true);
  expect(asksForIndexes([{ name, type: 'A' }, { name: 7, type: 'PTR' }, {}])).toBe(false);
  expect(asksForIndexes([...Array.from({ length: 32 }, () => ({})), { name, type: 'PTR' }])).toBe(false);
});
