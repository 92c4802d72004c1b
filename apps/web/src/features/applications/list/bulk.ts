import { describeError } from '../../../lib/api-client.ts';
import { rowKey } from '../application-row.ts';
import { refreshApplication, syncApplication } from '../commands.ts';
import type { ApplicationKey } from '../queries.ts';

export interface BulkResult {
  done: number;
  failures: { key: string; message: string }[];
}

const concurrency = 6;

/** Runs a command for many applications, a few at a time; a failure of one does not stop the others. */
export async function runBulk(
  command: 'sync' | 'refresh',
  keys: readonly ApplicationKey[],
  onProgress: (done: number) => void,
): Promise<BulkResult> {
  const queue = [...keys];
  const result: BulkResult = { done: 0, failures: [] };
  const worker = async (): Promise<void> => {
    for (let key = queue.shift(); key; key = queue.shift()) {
      try {
        if (command === 'refresh') await refreshApplication(key, 'normal');
        else await syncApplication(key, { prune: false, force: false, dryRun: false, runHooks: true });
      } catch (error) {
        result.failures.push({ key: rowKey(key), message: describeError(error) });
      }
      result.done += 1;
      onProgress(result.done);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return result;
}
