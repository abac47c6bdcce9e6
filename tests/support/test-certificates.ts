import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key, in PEM. */
export interface TestCertificate {
  certificate: string;
  privateKey: string;
}

/** An authority that signs certificates for tests; nobody else trusts it. */
export interface TestAuthority {
  /** Its own certificate, in PEM. */
  certificate: string;
  /** Signs a certificate for 127.0.0.1 that is good for a day, on either side of a connection. */
  issue(name: string): TestCertificate;
}

/**
 * Makes an authority with the `openssl` command.
 *
 * @param folder where its files lie; one folder holds one authority
 */
export function makeTestAuthority(openssl: string, folder: string): TestAuthority {
  const path = (file: string): string => join(folder, file);
  const run = (...args: string[]): void => {
    execFileSync(openssl, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = ['-keyout', path('authority.key'), '-out', path('authority.pem')];
  run('req', '-x509', ...newKey, ...authority, '-subj', '/CN=test authority', '-days', '1');
  writeFileSync(path('extensions'), 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n');
  return {
    certificate: readFileSync(path('authority.pem'), 'utf8'),
    issue(name) {
      const [key, request, signed] = ['key', 'csr', 'pem'].map((ending) => path(`${name}.${ending}`)) as [
        string,
        string,
        string,
      ];
      run('req', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${name}`);
      const signer = ['-CA', path('authority.pem'), '-CAkey', path('authority.key'), '-CAcreateserial'];
      run('x509', '-req', '-in', request, ...signer, '-out', signed, '-days', '1', '-extfile', path('extensions'));
      return { certificate: readFileSync(signed, 'utf8'), privateKey: readFileSync(key, 'utf8') };
    },
  };
}
