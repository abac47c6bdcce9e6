import { expect, test } from '@jest/globals';
import { callHeaders } from '../src/core/wire/call-headers.ts';

const call = { scheme: 'http', authority: 'host:1', path: '/a.B/C', deadlineMs: undefined, metadata: undefined };

test('a call says what gRPC wants, and no deadline when it has none', () => {
  expect(callHeaders(call)).toEqual({
    ':method': 'POST',
    ':scheme': 'http',
    ':authority': 'host:1',
    ':path': '/a.B/C',
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    'user-agent': 'cardume',
  });
});

test.each([
  [150, '150m'],
  [0.2, '1m'],
  [99_999_999.5, '99999999m'],
  [Number.MAX_SAFE_INTEGER, '99999999m'],
])('a deadline of %d ms is told as %s: in whole milliseconds, of eight digits at the most', (deadlineMs, told) => {
  expect(callHeaders({ ...call, deadlineMs })['grpc-timeout']).toBe(told);
});

test('metadata is said besides, and changes nothing that gRPC says itself', () => {
  const metadata = { 'x-transfer': 'abc', ':path': '/other', te: 'nothing' };
  expect(callHeaders({ ...call, metadata })).toEqual({ ...callHeaders(call), 'x-transfer': 'abc' });
});
