/** Takes connections and says of each that it came, as a line of JSON: `node count-connections.ts HOST…`, on a port of its own. */
import { createServer } from 'node:net';

const ports: number[] = [];
for (const host of process.argv.slice(2)) {
  const server = createServer((socket) => {
    console.log(JSON.stringify({ type: 'connection', host }));
    socket.on('error', () => {});
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const bound = server.address();
  ports.push(typeof bound === 'object' && bound !== null ? bound.port : 0);
}
console.log(JSON.stringify({ type: 'listening', ports }));
