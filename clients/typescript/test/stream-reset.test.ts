import { constants } from 'node:http2';
import { expect, test } from '@jest/globals';
import { isUnbegun, streamReset } from '../src/core/wire/stream-reset.ts';
import { CardumeError } from '../src/errors/cardume-error.ts';

const inTheMiddle = 'peer h:1 ended the connection in the middle';

test.each([
  [undefined, 'UNREACHABLE', inTheMiddle, {}],
  [constants.NGHTTP2_NO_ERROR, 'UNREACHABLE', inTheMiddle, {}],
  [constants.NGHTTP2_INTERNAL_ERROR, 'UNREACHABLE', `${inTheMiddle} (HTTP/2 reset 2)`, { http2_reset: '2' }],
  [constants.NGHTTP2_REFUSED_STREAM, 'UNREACHABLE', `${inTheMiddle} (HTTP/2 reset 7)`, { http2_reset: '7' }],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, 'LIMIT_REACHED', 'peer h:1 has too much to do; try again', {}],
])('a stream that ends with %p is %s', (code, reason, message, metadata) => {
  expect(streamReset('peer h:1', code)).toMatchObject({ reason, message, metadata });
});

test('only a call whose stream was refused has not begun', () => {
  const codes = [undefined, ...Array.from({ length: 14 }, (_, code) => code)];
  const unbegun = codes.filter((code) => isUnbegun(streamReset('peer h:1', code)));
  expect(unbegun).toEqual([constants.NGHTTP2_REFUSED_STREAM]);
  expect(isUnbegun(new CardumeError('UNREACHABLE', inTheMiddle))).toBe(false);
  expect(isUnbegun(new Error(inTheMiddle))).toBe(false);
});
