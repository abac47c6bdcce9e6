// Downloads one file so many times at once, and reads what comes: `read-downloads.ts PORT NAME COUNT`. Tells when all of
// them have begun, and in the end with which HTTP/2 codes they ended.
import { once } from 'node:events';
import { connect } from 'node:http2';
import { frameMessage } from '@cardume/client';
import { DownloadRequest } from '@cardume/proto/transfer/v1';

const [port, name, count] = process.argv.slice(2);
const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 2 ** 20 } });
session.on('error', () => {});
await once(session, 'remoteSettings');
const path = '/cardume.transfer.v1.TransferService/Download';
const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
const request = frameMessage(DownloadRequest.encode(DownloadRequest.fromPartial({ name })).finish());
const streams = Array.from({ length: Number(count) }, () => session.request(headers).end(request));
const codes = streams.map((stream) => {
  const { promise, resolve } = Promise.withResolvers<number>();
  stream.on('error', () => {});
  stream.on('close', () => resolve(stream.rstCode));
  return promise;
});
await Promise.all(streams.map((stream) => once(stream.resume(), 'response')));
console.log(JSON.stringify({ type: 'reading' }));
console.log(JSON.stringify({ type: 'ended', codes: await Promise.all(codes) }));
session.destroy();
