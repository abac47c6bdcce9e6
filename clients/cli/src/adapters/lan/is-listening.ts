import { connect } from 'node:net';
import type { Address } from '@cardume/client';

/** A machine answers itself in less; when it does not, something stands in the way, and somebody is there. */
const patienceMs = 250;

/** Whether something listens there, on this machine. */
export function isListening({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: patienceMs });
    const done = (isThere: boolean) => (): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', done(true)).once('timeout', done(true)).once('error', done(false));
  });
}
