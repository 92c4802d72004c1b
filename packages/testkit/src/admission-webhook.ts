import { once } from 'node:events';
import { createServer } from 'node:https';
import { generate } from 'selfsigned';

/** The part of an AdmissionReview's request that tests look at. */
export interface AdmissionRequest {
  uid: string;
  operation: string;
  dryRun?: boolean;
  object?: { kind: string; metadata: { name: string; annotations?: Record<string, string> } };
}

/** `patch` is a JSON patch; a refusal's `message` is what the person who asked is shown. */
export interface AdmissionAnswer {
  allowed: boolean;
  message?: string;
  patch?: object[];
}

export interface AdmissionWebhook {
  /** `clientConfig` of a webhook configuration. */
  clientConfig: { url: string; caBundle: string };
  /** Every request answered so far. */
  requests: AdmissionRequest[];
  close(): void;
}

/** Serves an admission webhook over HTTPS on the loopback interface, with a certificate of its own. */
export async function startAdmissionWebhook(
  answer: (request: AdmissionRequest) => AdmissionAnswer,
): Promise<AdmissionWebhook> {
  const certificate = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  const requests: AdmissionRequest[] = [];
  const server = createServer({ key: certificate.private, cert: certificate.cert }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { request } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { request: AdmissionRequest };
      requests.push(request);
      const { allowed, message, patch } = answer(request);
      const response = {
        uid: request.uid,
        allowed,
        ...(message === undefined ? {} : { status: { message, code: 403 } }),
        ...(patch === undefined
          ? {}
          : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
      };
      outgoing.setHeader('content-type', 'application/json');
      outgoing.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    clientConfig: {
      url: `https://127.0.0.1:${port}/`,
      caBundle: Buffer.from(certificate.cert).toString('base64'),
    },
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
