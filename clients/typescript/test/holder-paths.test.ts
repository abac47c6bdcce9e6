import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { HolderPaths } from '../src/adapters/relay/holder-paths.ts';
import { CardumeError, formatAddress } from '../src/index.ts';

test('the relays are remembered while the index is away: one of them may be what is left of it', async () => {
  let connections = 0;
  const relay = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const at = { host: '127.0.0.1', port: (relay.address() as AddressInfo).port };
  let isAway = false;
  let nowMs = 0;
  const paths = new HolderPaths({
    async relays() {
      if (isAway) throw new CardumeError('UNREACHABLE', 'the index does not answer');
      return [{ ...at, target: formatAddress(at), tls: undefined }];
    },
    answersDirectly: async () => false,
    random: () => 0,
    nowMs: () => nowMs,
  });
  const hidden = { host: '127.0.0.1', port: 9, peerId: 'a'.repeat(64), reachable: false };
  await paths.pathTo(hidden);
  const before = connections;
  expect(before).toBeGreaterThan(0);
  isAway = true;
  nowMs = 3_600_000;
  await paths.pathTo(hidden);
  expect(connections).toBeGreaterThan(before);
  paths.close();
  await new Promise((resolve) => relay.close(resolve));
});
