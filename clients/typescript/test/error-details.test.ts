// Over the wire, from a server that sends whatever it is told to send as the details of its error.
import { expect, test } from '@jest/globals';
import { Any, BadRequest, ErrorInfo } from 'nice-grpc-error-details';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { type CardumeError, openIndex } from '../src/index.ts';
import { startFailingIndex } from './support/failing-index.ts';

/** How a search fails at an index that answers NOT_FOUND with these details. */
async function failWith(details: Uint8Array): Promise<CardumeError> {
  await using server = await startFailingIndex(details);
  const index = openIndex({ host: '127.0.0.1', port: server.port });
  try {
    return await failureOf(() => index.search({ query: 'x' }));
  } finally {
    index.close();
  }
}

/** A `google.rpc.Status` with such details; each is field 3 of it. */
function statusWith(...details: { type: string; value: Uint8Array }[]): Uint8Array {
  const parts = details.map(({ type, value }) => {
    const any = Any.encode(Any.fromPartial({ typeUrl: `type.googleapis.com/google.rpc.${type}`, value })).finish();
    return Buffer.concat([Buffer.from([0x1a, any.length]), any]);
  });
  return Buffer.concat([Buffer.from([0x08, 5]), ...parts]);
}

const info = ErrorInfo.encode(ErrorInfo.fromPartial({ domain: 'cardume', reason: 'LEASE_UNKNOWN' })).finish();

test('the details of an error say its reason and its fields', async () => {
  const violations = { fieldViolations: [{ field: 'query', description: 'is odd' }] };
  const badRequest = BadRequest.encode(BadRequest.fromPartial(violations)).finish();
  const failure = await failWith(
    statusWith({ type: 'ErrorInfo', value: info }, { type: 'BadRequest', value: badRequest }),
  );
  expect(failure).toMatchObject({ reason: 'LEASE_UNKNOWN', message: 'nope', ...violations });
});

test.each([
  ['no status', Buffer.from('ffffffffff', 'hex')],
  ['a status that is cut off', statusWith({ type: 'ErrorInfo', value: info }).subarray(0, 20)],
  ['an ErrorInfo that is cut off', statusWith({ type: 'ErrorInfo', value: info.subarray(0, -3) })],
  ['of a type that nobody knows', statusWith({ type: 'Horoscope', value: Buffer.from('leo') })],
])('details that are %s leave the error as its status says', async (_what, details) => {
  const message = expect.stringMatching(/^index 127\.0\.0\.1:\d+: nope$/);
  expect(await failWith(details)).toMatchObject({ reason: 'FILE_NOT_SHARED', message });
});
