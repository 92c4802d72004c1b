import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { dump } from 'js-yaml';

/** Like the real server, small answers are not worth compressing. */
const gzipAboveBytes = 128 * 1024;

export interface Reply {
  code: number;
  body: unknown;
  format?: 'json' | 'yaml';
  contentType?: string;
  warnings?: string[];
  headers?: Record<string, string>;
}

export async function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const isText = typeof reply.body === 'string';
  const isYaml = reply.format === 'yaml';
  const text = isText ? (reply.body as string) : isYaml ? dump(reply.body) : `${JSON.stringify(reply.body)}\n`;
  const contentType =
    reply.contentType ?? (isText ? 'text/plain; charset=utf-8' : isYaml ? 'application/yaml' : 'application/json');
  const headers: Record<string, string | string[]> = {
    'content-type': contentType,
    'cache-control': 'no-cache, private',
    ...reply.headers,
  };
  if (reply.warnings !== undefined && reply.warnings.length > 0)
    headers['warning'] = [...new Set(reply.warnings)].map(warningHeader);
  let bytes: Buffer | string = text;
  if (text.length > gzipAboveBytes && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    bytes = await promisify(gzip)(text, { level: 1 });
    headers['content-encoding'] = 'gzip';
    headers['vary'] = 'Accept-Encoding';
  }
  headers['content-length'] = String(Buffer.byteLength(bytes));
  response.writeHead(reply.code, headers);
  response.end(bytes);
}

/** `299 - "text"`, with what a header cannot carry left out. */
function warningHeader(text: string): string {
  const safe = text
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"');
  return `299 - "${safe}"`;
}
