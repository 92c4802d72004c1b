import { promisify } from 'node:util';
import { gunzip as gunzipCallback, gunzipSync, gzip as gzipCallback, gzipSync } from 'node:zlib';

const gzip = promisify(gzipCallback);
const gunzip = promisify(gunzipCallback);

/** Below this the thread pool costs several times what compressing does. */
const SYNC_LIMIT = 64 * 1024;

/** Compresses a text; a large one off the event loop. */
export async function packText(text: string): Promise<Buffer> {
  return text.length < SYNC_LIMIT ? gzipSync(text) : gzip(text);
}

/** The inverse of `packText`. */
export async function unpackText(packed: Buffer): Promise<string> {
  return (packed.length < SYNC_LIMIT / 4 ? gunzipSync(packed) : await gunzip(packed)).toString('utf8');
}
