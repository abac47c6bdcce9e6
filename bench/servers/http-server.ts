// Serves one file over HTTP, with nothing else around it: node http-server.ts FILE
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream';

const [file = ''] = process.argv.slice(2);
const server = createServer((_request, response) => {
  response.setHeader('content-length', statSync(file).size);
  pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), response, () => {});
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  console.log(JSON.stringify({ type: 'listening', address: `127.0.0.1:${port}` }));
});
process.once('SIGTERM', () => process.exit());
