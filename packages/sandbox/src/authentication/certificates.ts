import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** PEM texts. */
export interface ServingCertificate {
  ca: string;
  key: string;
  cert: string;
}

const validityMs = 10 * 365 * 24 * 60 * 60 * 1000;

/**
 * A certificate authority of the sandbox's own and a serving certificate for localhost and the advertised name. Kept in
 * the folder when there is one, so that a kubeconfig stays good over restarts.
 */
export async function servingCertificate(
  folder: string | undefined,
  advertised = 'localhost',
): Promise<ServingCertificate> {
  const file = folder === undefined ? undefined : join(folder, 'certificate.json');
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as ServingCertificate;
  const certificate = await generateCertificate(advertised);
  if (folder !== undefined && file !== undefined) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, JSON.stringify(certificate), { mode: 0o600 });
  }
  return certificate;
}

async function generateCertificate(advertised: string): Promise<ServingCertificate> {
  // A client's clock may be a little behind.
  const notBeforeDate = new Date(Date.now() - 60 * 60 * 1000);
  const common = {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate,
    notAfterDate: new Date(Date.now() + validityMs),
  } as const;
  const authority = await generate([{ name: 'commonName', value: 'lockstep-sandbox-ca' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  const serving = await generate([{ name: 'commonName', value: 'lockstep-sandbox' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: advertised },
          { type: 2, value: 'kubernetes' },
          { type: 2, value: 'kubernetes.default' },
          { type: 2, value: 'kubernetes.default.svc' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { ca: authority.cert, key: serving.private, cert: serving.cert };
}
