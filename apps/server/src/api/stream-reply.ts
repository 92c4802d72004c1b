import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody, translate } from './plugins/error-handler.ts';

const KEEPALIVE_MS = 15_000;

/**
 * Answers with a stream as Argo CD does: lines of `{"result": …}`, or server-sent events for `Accept: text/event-stream`.
 * The source is stopped (its iterator returned) when the client goes. A failure after the first byte is the last line.
 */
export async function replyWithStream(
  request: FastifyRequest,
  reply: FastifyReply,
  source: AsyncIterable<unknown>,
): Promise<void> {
  const isEvents = (request.headers.accept ?? '').includes('text/event-stream');
  reply.hijack();
  const { raw } = reply;
  const headers = reply.getHeaders() as Record<string, string>;
  raw.writeHead(200, {
    ...headers,
    'content-type': isEvents ? 'text/event-stream' : 'application/json',
    'cache-control': 'no-store',
    // nginx would hold lines back.
    'x-accel-buffering': 'no',
  });
  raw.flushHeaders();
  const keepalive = isEvents ? setInterval(() => raw.write(':\n\n'), KEEPALIVE_MS) : undefined;
  const iterator = source[Symbol.asyncIterator]();
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    raw.once('close', () => {
      isGone = true;
      resolve();
    });
  });
  const write = async (value: unknown): Promise<void> => {
    const text = JSON.stringify(value);
    // A slow reader holds the source back instead of filling the memory.
    if (!raw.write(isEvents ? `data: ${text}\n\n` : `${text}\n`)) {
      await Promise.race([new Promise((resolve) => raw.once('drain', resolve)), gone]);
    }
  };
  try {
    while (!isGone) {
      const next = await Promise.race([iterator.next(), gone.then(() => undefined)]);
      if (next === undefined || next.done === true) break;
      await write({ result: next.value });
    }
  } catch (error) {
    const known = translate(error);
    if (known.httpStatus >= 500) request.log.error({ err: error }, 'stream failed');
    const body = errorBody(known, request.id);
    await write({ error: { ...body, grpc_code: known.grpcCode, http_code: known.httpStatus } });
  } finally {
    clearInterval(keepalive);
    raw.end();
    // An iterator that waits for its next value may take its time to notice.
    await Promise.race([iterator.return?.(), delay(1_000, undefined, { ref: false })]);
  }
}
