import { program } from '../program.ts';

/** OpenSSL's command. */
export const openssl = program({ name: 'openssl', versionArgs: ['version'], pattern: /^OpenSSL ([\d.]+)/ });
