import { ApiError, queryString, send } from '../../../lib/api-client.ts';
import type { LogEntry } from '../../../lib/api-types.ts';
import { type ApplicationKey, applicationPath, inNamespace } from '../queries.ts';

export interface LogQuery {
  group?: string | undefined;
  kind?: string | undefined;
  resourceName?: string | undefined;
  namespace?: string | undefined;
  podName?: string | undefined;
  container?: string | undefined;
  previous: boolean;
  follow: boolean;
  tailLines: number;
}

/**
 * Reads logs as they come, in batches, until the end, an error or the signal.
 * Each line of the answer is `{"result": LogEntry}` or `{"error": {message}}`.
 */
export async function readLogs(
  key: ApplicationKey,
  query: LogQuery,
  signal: AbortSignal,
  onBatch: (entries: LogEntry[]) => void,
): Promise<void> {
  const response = await send('GET', applicationPath(key, 'logs') + queryString({ ...inNamespace(key), ...query }), {
    signal,
  });
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    const { entries, remainder } = parseLogLines(rest + (value ?? ''), done);
    rest = remainder;
    if (entries.length > 0) onBatch(entries);
    if (done) return;
  }
}

/** Cuts text into whole lines; the last unfinished one is given back.
 * @throws ApiError when the server reports one in the middle of the stream */
export function parseLogLines(text: string, atEnd: boolean): { entries: LogEntry[]; remainder: string } {
  const lines = text.split('\n');
  const remainder = atEnd ? '' : (lines.pop() ?? '');
  const entries: LogEntry[] = [];
  for (const line of lines) {
    if (line.trim() === '') continue;
    const message = JSON.parse(line) as { result?: LogEntry; error?: { message?: string; http_code?: number } };
    if (message.error) throw new ApiError(message.error.http_code ?? 500, message.error);
    if (message.result && message.result.last !== true) entries.push(message.result);
  }
  return { entries, remainder };
}
