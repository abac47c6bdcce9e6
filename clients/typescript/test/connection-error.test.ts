import { expect, test } from '@jest/globals';
import { connectionError } from '../src/core/wire/connection-error.ts';
import { CardumeError } from '../src/errors/cardume-error.ts';

const failed = (code: string, cause?: unknown): Error => Object.assign(new Error('said', { cause }), { code });

test.each<[string, unknown, string, string]>([
  ['a refused connection', failed('ECONNREFUSED'), 'UNREACHABLE', 'peer h:1 does not answer (ECONNREFUSED)'],
  ['an error without a code', new Error('said'), 'UNREACHABLE', 'peer h:1 does not answer (said)'],
  ['what is no error', 'text', 'UNREACHABLE', 'peer h:1 does not answer (text)'],
  [
    'another protocol',
    failed('ERR_HTTP2_ERROR'),
    'UNREACHABLE',
    'peer h:1 does not speak HTTP/2 as peers do (ERR_HTTP2_ERROR)',
  ],
  [
    'the cause of a stream that never began',
    failed('ERR_HTTP2_STREAM_CANCEL', failed('EHOSTUNREACH')),
    'UNREACHABLE',
    'peer h:1 does not answer (EHOSTUNREACH)',
  ],
  [
    'a stream that never began, and says not why',
    failed('ERR_HTTP2_STREAM_CANCEL'),
    'UNREACHABLE',
    'peer h:1 does not speak HTTP/2 as peers do (ERR_HTTP2_STREAM_CANCEL)',
  ],
  ...['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'].map(
    (code): [string, unknown, string, string] => [
      code,
      failed(code),
      'CERTIFICATE_REFUSED',
      'peer h:1 lets in only members of its network; use an invite',
    ],
  ),
])('%s', (_what, thrown, reason, message) => {
  expect(connectionError('peer h:1', thrown, false)).toMatchObject({ reason, message });
});

test('what our own check of a certificate says stays what it is', () => {
  const metadata = { peer_id: 'p' };
  const check = new CardumeError('CERTIFICATE_REFUSED', 'is another peer', { metadata });
  expect(connectionError('peer h:1', failed('ERR_HTTP2_STREAM_CANCEL', check), false)).toMatchObject({
    reason: 'CERTIFICATE_REFUSED',
    message: 'peer h:1: is another peer',
    metadata,
    cause: check,
  });
});

test('only a connection that was reset before it was greeted may be made again after half a second', () => {
  const reset = Object.assign(failed('ECONNRESET'), { syscall: 'read' });
  const delayOf = (thrown: unknown, isGreeted: boolean) => connectionError('peer h:1', thrown, isGreeted).retryDelayMs;
  expect(delayOf(reset, false)).toBe(500);
  expect(delayOf(failed('ERR_HTTP2_STREAM_CANCEL', reset), false)).toBe(500);
  expect(delayOf(reset, true)).toBeUndefined();
  // Who closes it in the handshake is reported so by Node itself, without a call of the system.
  expect(delayOf(failed('ECONNRESET'), false)).toBeUndefined();
});
