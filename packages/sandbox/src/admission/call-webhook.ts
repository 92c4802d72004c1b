import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isObject, type JsonObject, numberAt, objectAt, stringAt } from '../json.ts';

const defaultTimeoutSeconds = 10;
const maxAnswerBytes = 4 * 1024 * 1024;

export interface WebhookAnswer {
  allowed: boolean;
  /** A JSON patch, decoded; undefined when the webhook changes nothing. */
  patch: unknown[] | undefined;
  code: number;
  reason: string;
  message: string;
  warnings: string[];
}

/** Sends an AdmissionReview to a webhook. Rejects when it cannot be reached in time or answers nonsense. */
export async function callWebhook(webhook: JsonObject, review: JsonObject): Promise<WebhookAnswer> {
  const url = webhookUrl(objectAt(webhook, 'clientConfig'));
  const timeoutMs = 1000 * (numberAt(webhook, 'timeoutSeconds') ?? defaultTimeoutSeconds);
  url.searchParams.set('timeout', `${timeoutMs / 1000}s`);
  const bundle = stringAt(webhook, 'clientConfig', 'caBundle');
  const text = await post(url, JSON.stringify(review), bundle, timeoutMs);
  const answer: unknown = JSON.parse(text);
  const response = objectAt(answer, 'response');
  if (!isObject(answer) || typeof response['allowed'] !== 'boolean') {
    throw new Error('the answer is no AdmissionReview with a response');
  }
  const uid = stringAt(review, 'request', 'uid');
  if (response['uid'] !== uid)
    throw new Error(`expected response.uid ${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'])}`);
  return {
    allowed: response['allowed'],
    patch: decodePatch(response),
    code: numberAt(response, 'status', 'code') ?? 403,
    reason: stringAt(response, 'status', 'reason') ?? '',
    message: stringAt(response, 'status', 'message') ?? '',
    warnings: Array.isArray(response['warnings']) ? response['warnings'].map(String) : [],
  };
}

/** Services of the sandbox have no network behind them: only webhooks with a URL can be called. */
function webhookUrl(config: JsonObject): URL {
  const url = stringAt(config, 'url');
  if (url !== undefined) return new URL(url);
  const service = objectAt(config, 'service');
  throw new Error(
    `service "${stringAt(service, 'name') ?? ''}" in namespace "${stringAt(service, 'namespace') ?? ''}" is not reachable from the sandbox; give clientConfig.url`,
  );
}

function decodePatch(response: JsonObject): unknown[] | undefined {
  const encoded = stringAt(response, 'patch');
  if (encoded === undefined || encoded === '') return undefined;
  const patch: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  if (!Array.isArray(patch)) throw new Error('the patch is no list of JSON patch operations');
  return patch;
}

function post(url: URL, body: string, caBundle: string | undefined, timeoutMs: number): Promise<string> {
  const { promise, resolve, reject } = withResolvers<string>();
  const options = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      accept: 'application/json',
    },
    signal: AbortSignal.timeout(timeoutMs),
    ...(caBundle === undefined ? {} : { ca: Buffer.from(caBundle, 'base64').toString('utf8') }),
  };
  const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const outgoing = send(url, options, (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxAnswerBytes) response.destroy(new Error('the answer is too large'));
      else chunks.push(chunk);
    });
    response.on('error', reject);
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299)
        reject(new Error(`the server answered ${statusCode}: ${text.slice(0, 200)}`));
      else resolve(text);
    });
  });
  outgoing.on('error', (error) => {
    reject(error.name === 'TimeoutError' ? new Error('context deadline exceeded') : error);
  });
  outgoing.end(body);
  return promise;
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
