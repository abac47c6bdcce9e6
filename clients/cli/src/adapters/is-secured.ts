import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import type { Address } from '@cardume/client';

/** How long it may take to find out. */
const timeoutMs = 2_000;

/**
 * Whether the index of a network with certificates answers at an address. It is a hint, and nothing is trusted for it: who answers is
 * checked by the invite.
 */
export function isSecured({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, minVersion: 'TLSv1.3', ALPNProtocols: ['h2'], rejectUnauthorized: false });
    const settle = (isIndex: boolean): void => {
      socket.destroy();
      resolve(isIndex);
    };
    socket.setTimeout(timeoutMs, () => settle(false));
    socket.once('secureConnect', () => settle(isOfIndex(socket.getPeerCertificate().raw)));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}

function isOfIndex(der: Buffer | undefined): boolean {
  try {
    return (
      der !== undefined && /URI:cardume:\/\/[0-9a-f]{64}\/index\b/.test(new X509Certificate(der).subjectAltName ?? '')
    );
  } catch {
    return false;
  }
}
