// Opens connections and says nothing, or half a greeting of TLS, until it is told to stop: `half-open.ts PORT COUNT`. Prints
// how many it has once each is open or refused.
import { connect } from 'node:net';

const [, , port = '0', count = '0'] = process.argv;
/** The beginning of a ClientHello: a record of 512 bytes, of which these are all that come. */
const halfGreeting = Buffer.from('16030102000100', 'hex');
let open = 0;
let refused = 0;
const tell = (): void => {
  if (open + refused < Number(count)) return;
  console.log(JSON.stringify({ type: 'half-open', open, refused }));
};
const connectNext = (index: number): void => {
  if (index >= Number(count)) return;
  let isSettled = false;
  const settle = (isOpen: boolean): void => {
    if (isSettled) return;
    isSettled = true;
    if (isOpen) open += 1;
    else refused += 1;
    tell();
    // Some hundred at once: a queue that overflows would be the kernel's, and no test of a server.
    connectNext(index + 256);
  };
  const socket = connect(Number(port), '127.0.0.1', () => {
    if (index % 2 === 0) socket.write(halfGreeting);
    settle(true);
  });
  socket.on('error', () => settle(false));
};
for (let first = 0; first < 256; first += 1) connectNext(first);
process.once('SIGTERM', () => process.exit(0));
