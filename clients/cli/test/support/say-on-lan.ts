// A program on a local network that says what it is told to, however untrue: `say-on-lan.ts JSON`.
import { createSocket } from 'node:dgram';
import { announceIndex } from '../../src/adapters/lan/announce-index.ts';
import { openMulticast } from '../../src/adapters/lan/open-multicast.ts';
import { serviceName } from '../../src/core/lan/records.ts';

interface Told {
  /** This machine's address on that network. */
  host: string;
  /** Announces an index at this port, of this network. */
  announce?: { port: number; networkId: string };
  /** Answers each question with an index of this name, among packets of random bytes. */
  garbage?: { name: string; port: number };
}

const { host, announce, garbage } = JSON.parse(process.argv[2] ?? '{}') as Told;

if (announce !== undefined) {
  await announceIndex({ host, port: announce.port }, announce.networkId, () => performance.now());
}
if (garbage !== undefined) {
  const { name, port } = garbage;
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(0, host, () => socket.setMulticastInterface(host));
  const instance = `${name}.${serviceName}`;
  const multicast = await openMulticast(host, {
    onQuery() {
      for (let at = 0; at < 100; at++) {
        const bytes = Buffer.from(Array.from({ length: at * 2 }, () => Math.floor(Math.random() * 256)));
        // The flags of an answer, so that what follows is looked at.
        if (bytes.length > 12) bytes.writeUInt16BE(0x84_00, 2);
        socket.send(bytes, 5353, '224.0.0.251');
      }
      multicast?.respond([
        { name: serviceName, type: 'PTR', ttl: 120, data: instance },
        { name: instance, type: 'SRV', ttl: 120, data: { port, target: 'nowhere.local' } },
        { name: instance, type: 'TXT', ttl: 120, data: ['v=1'] },
        { name: 'nowhere.local', type: 'A', ttl: 120, data: '8.8.8.8' },
      ]);
    },
  });
}
console.log(JSON.stringify({ type: 'saying' }));
process.once('SIGTERM', () => process.exit(0));
setInterval(() => undefined, 60_000);
