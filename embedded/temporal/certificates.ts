import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, PRIVATE } from '../folders';
import { LOOPBACK } from '../process/ports';
import { writeWhole } from '../state';

/**
 * Where the certificates of an embedded Temporal are. The keys are for their owner only: who can read them
 * may do everything there.
 */
export interface Certificates {
  ca: string;
  serverCert: string;
  serverKey: string;
  clientCert: string;
  clientKey: string;
}

/** In the server's certificate, and what its clients ask for. */
export const SERVER_NAME = 'sunset-temporal';

const DAY_MS = 86_400_000;
const VALID_MS = 3650 * DAY_MS;
const RENEW_BEFORE_MS = 90 * DAY_MS;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const filesIn = (folder: string): Certificates => ({
  ca: join(folder, 'ca.pem'),
  serverCert: join(folder, 'server.pem'),
  serverKey: join(folder, 'server.key'),
  clientCert: join(folder, 'client.pem'),
  clientKey: join(folder, 'client.key'),
});

/** Whether all of them are there, belong together and hold for long enough. */
function areGood({ ca, serverCert, serverKey, clientCert, clientKey }: Certificates): boolean {
  try {
    const authority = new X509Certificate(readFileSync(ca));
    const pairs = [
      [serverCert, serverKey],
      [clientCert, clientKey],
    ] as const;
    return pairs.every(([cert, key]) => {
      const certificate = new X509Certificate(readFileSync(cert));
      const holds = Date.parse(certificate.validTo) > Date.now() + RENEW_BEFORE_MS;
      return (
        holds &&
        certificate.verify(authority.publicKey) &&
        certificate.checkPrivateKey(createPrivateKey(readFileSync(key)))
      );
    });
  } catch {
    return false; // none yet, or one of them is gone
  }
}

/**
 * Makes an authority, and one certificate each for the server's parts and for its clients. The authority's
 * key is kept nowhere.
 */
async function make(files: Certificates): Promise<void> {
  await import('reflect-metadata'); // which the library needs to be there first
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto);
  const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const common = () => ({
    serialNumber: randomBytes(16).toString('hex'),
    notBefore: new Date(Date.now() - DAY_MS), // clocks differ
    notAfter: new Date(Date.now() + VALID_MS),
    signingAlgorithm: ALGORITHM,
  });
  const authority = await newKeys();
  const {
    BasicConstraintsExtension,
    ExtendedKeyUsageExtension,
    KeyUsageFlags,
    KeyUsagesExtension,
    SubjectAlternativeNameExtension,
  } = x509;
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...common(),
    name: 'CN=Sunset embedded Temporal',
    keys: authority,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const issue = async (name: string, certFile: string, keyFile: string): Promise<void> => {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      ...common(),
      subject: `CN=${name}`,
      issuer: ca.subject,
      publicKey: keys.publicKey,
      signingKey: authority.privateKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        // The server's parts are each other's clients.
        new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']),
        new SubjectAlternativeNameExtension([
          { type: 'dns', value: name },
          { type: 'dns', value: 'localhost' },
          { type: 'ip', value: LOOPBACK },
        ]),
      ],
    });
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    writeWhole(keyFile, key.export({ format: 'pem', type: 'pkcs8' }).toString());
    writeWhole(certFile, `${certificate.toString('pem')}\n`);
  };
  await issue(SERVER_NAME, files.serverCert, files.serverKey);
  await issue('sunset-client', files.clientCert, files.clientKey);
  writeWhole(files.ca, `${ca.toString('pem')}\n`); // last: without it the others are made again
}

/** The certificates of the server in this folder: those of earlier starts while they hold, else new ones. */
export async function ensureCertificates(folder: string): Promise<Certificates> {
  makeFolder(folder, PRIVATE);
  const files = filesIn(folder);
  if (!areGood(files)) await make(files);
  return files;
}

/** What a client shows and checks, as both kinds of the SDK's connections take it. */
export interface ClientTls {
  serverNameOverride: string;
  serverRootCACertificate: Buffer;
  clientCertPair: { crt: Buffer; key: Buffer };
}

export function clientTls({ ca, clientCert, clientKey }: Certificates): ClientTls {
  return {
    serverNameOverride: SERVER_NAME,
    serverRootCACertificate: readFileSync(ca),
    clientCertPair: { crt: readFileSync(clientCert), key: readFileSync(clientKey) },
  };
}
