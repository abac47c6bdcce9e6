import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import { makeKey, makeRequest, publicKeyDerOfPrivate, readPrivateKey } from '@cardume/client/trust';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { CertificationRequest } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import { SubjectPublicKeyInfo } from '@peculiar/asn1-x509';
import fc from 'fast-check';
import { describeWith } from '../../../../tests/support/describe-with.ts';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { findCommand } from '../../../../tests/support/find-command.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { checkSigningRequest } from '../../src/adapters/trust/check-signing-request.ts';

let key: string;
let request: Buffer;

beforeAll(async () => {
  key = await makeKey();
  request = Buffer.from(await makeRequest(key));
});

const problemOf = async (der: Uint8Array): Promise<string> => {
  const error = await failureOf(() => checkSigningRequest(der));
  expect(error).toMatchObject({ reason: 'INVALID_FIELD', metadata: { field: 'certificate_request' } });
  return error.message;
};

/** The request, with something changed, signed again by a key. */
function changed(change: (request: CertificationRequest) => void, signingKey?: string): Uint8Array {
  const parsed = AsnConvert.parse(request, CertificationRequest);
  change(parsed);
  if (signingKey !== undefined) {
    const signed = Buffer.from(AsnConvert.serialize(parsed.certificationRequestInfo));
    parsed.signature = Uint8Array.from(sign('sha256', signed, signingKey)).buffer;
  }
  return new Uint8Array(AsnConvert.serialize(parsed));
}

describe('a signing request', () => {
  test('gives its key, also from the middle of a message', () => {
    const publicKeyDer = publicKeyDerOfPrivate(readPrivateKey(key, 'key'));
    expect(checkSigningRequest(request)).toEqual(publicKeyDer);
    const message = Buffer.concat([Buffer.alloc(3), request, Buffer.alloc(5)]);
    expect(checkSigningRequest(message.subarray(3, 3 + request.length))).toEqual(publicKeyDer);
  });

  test("for another's key is refused: whoever asks must have the private one", async () => {
    const other = publicKeyDerOfPrivate(readPrivateKey(await makeKey(), 'key'));
    const forOther = changed(({ certificationRequestInfo }) => {
      certificationRequestInfo.subjectPKInfo = AsnConvert.parse(other, SubjectPublicKeyInfo);
    }, key);
    expect(await problemOf(forOther)).toContain('its signature is not by the key that it is for');
  });

  test.each(['0500', '020101', '3000', '24020400'])(
    'of thousands of parts is refused before it is read: %s',
    async (part) => {
      const parts = Buffer.from(part.repeat(1_900), 'hex');
      const der = Buffer.concat([Buffer.from([0x30, 0x82, parts.length >> 8, parts.length & 255]), parts]);
      expect(await problemOf(der)).toContain('has more than 256 parts');
    },
  );

  test('of another kind of key or signature is refused', async () => {
    const kinds = [
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
      generateKeyPairSync('ed25519'),
    ];
    for (const { publicKey } of kinds) {
      const der = publicKey.export({ type: 'spki', format: 'der' });
      const forKey = changed(({ certificationRequestInfo }) => {
        certificationRequestInfo.subjectPKInfo = AsnConvert.parse(der, SubjectPublicKeyInfo);
      });
      expect(await problemOf(forKey)).toContain('must be for an ECDSA P-256 key');
      expect(
        (await failureOf(() => makeRequest(publicKey.export({ type: 'spki', format: 'pem' }).toString()))).reason,
      ).toBe('INVALID_FIELD');
    }
    const offCurve = changed(({ certificationRequestInfo }) => {
      new Uint8Array(certificationRequestInfo.subjectPKInfo.subjectPublicKey).fill(1, 1);
    });
    expect(await problemOf(offCurve)).toContain('must be for an ECDSA P-256 key');
    const withSha512 = changed(({ signatureAlgorithm }) => {
      signatureAlgorithm.algorithm = '1.2.840.10045.4.3.4';
    });
    expect(await problemOf(withSha512)).toContain('must be signed with ECDSA and SHA-256');
  });

  test('in PEM, too large, empty or cut off anywhere is refused, with what is wrong', async () => {
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${request.toString('base64')}\n`;
    expect(await problemOf(Buffer.from(pem))).toContain('is PEM; send the DER');
    expect(await problemOf(Buffer.alloc(8_193))).toContain('has 8193 bytes; at most 8192 are taken');
    for (let length = 0; length < request.length; length += 1) {
      expect(await problemOf(request.subarray(0, length))).toContain('certificate_request: ');
    }
  });

  test('damaged in any byte is refused, or is still for the key that signed it', async () => {
    const publicKeyDer = checkSigningRequest(request);
    for (let at = 0; at < request.length; at += 1) {
      const damaged = Buffer.from(request);
      damaged[at] = (damaged[at] ?? 0) ^ (1 + (at % 255));
      try {
        expect(checkSigningRequest(damaged)).toEqual(publicKeyDer);
      } catch (error) {
        expect(error).toMatchObject({ reason: 'INVALID_FIELD' });
      }
    }
  });

  test('of any bytes, or deeply nested, is refused and harms nobody', async () => {
    const bytes = fc.uint8Array({ maxLength: 8_192 });
    await fc.assert(fc.asyncProperty(bytes, async (der) => (await problemOf(der)).length > 0));
    // Sequences in sequences of unbounded length, as deep as is read, and as deep as fits.
    expect(await problemOf(Buffer.alloc(2 * 256, Buffer.from('3080', 'hex')))).toContain(
      'no certificate signing request',
    );
    expect(await problemOf(Buffer.alloc(8_192, Buffer.from('3080', 'hex')))).toContain('more than 256 parts');
  });
});

describeWith({ name: 'openssl', command: findCommand(['openssl'], 'version') }, 'with openssl', (openssl) => {
  const folder = temporaryFolder();
  const run = (args: string[], input?: Uint8Array): Buffer =>
    execFileSync(openssl, args, { cwd: folder, input, stdio: ['pipe', 'pipe', 'pipe'] });

  test('ours is a good request', () => {
    const text = run(['req', '-inform', 'DER', '-noout', '-text', '-verify'], request).toString();
    expect(text).toContain('ASN1 OID: prime256v1');
    expect(text).toContain('Signature Algorithm: ecdsa-with-SHA256');
  });

  test("openssl's own is taken, and what it claims is not looked at", () => {
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem'];
    const claims = [
      '-subj',
      '/CN=index',
      '-addext',
      'subjectAltName=DNS:localhost',
      '-addext',
      'basicConstraints=CA:TRUE',
    ];
    const der = run(['req', '-new', ...newKey, ...claims, '-outform', 'DER']);
    const publicKeyDer = run(['pkey', '-in', join(folder, 'key.pem'), '-pubout', '-outform', 'DER']);
    expect(checkSigningRequest(der)).toEqual(publicKeyDer);
  });
});
