import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeTestAuthority } from '../../../tests/support/test-certificates.ts';
import { openssl } from './openssl.ts';
import type { System } from './system.ts';

const programs = join(import.meta.dirname, '../programs');

/** Our peer and client with TLS 1.3 and a certificate at each end. */
export const cardumeTls: System = {
  name: 'cardume, mTLS',
  note: 'TLS 1.3, each end verifies the other; otherwise as above, but asks the peer and no index, from a script of ours that starts as the command does',
  programs: [openssl],
  async serve({ workload, folder, target, ends }) {
    const pem = join(folder, 'pem');
    mkdirSync(pem);
    const authority = makeTestAuthority(openssl.path(), pem);
    authority.issue('peer');
    authority.issue('caller');
    const node = process.execPath;
    const peer = ends.start('sender', node, join(programs, 'tls-peer.js'), workload.folder, join(folder, 'state'), pem);
    const address = String((await peer.waitForObject('listening')).address);
    const names = [...workload.files.keys()];
    return () => ends.run('receiver', node, join(programs, 'tls-get.js'), address, pem, target, ...names);
  },
};
