import { type Health, unknown } from './health.ts';
import { isHealthStatus } from './worst-health.ts';

/**
 * The health a script returned. 'none': it returned nothing or an empty table, so the object does not count. A status
 * nobody knows is Unknown. Throws an `Error` for what is no table.
 */
export function healthOfLua({ type, value }: { type: string; value?: unknown }): Health | 'none' {
  if (type === 'nil') return 'none';
  if (type !== 'table') throw new Error(`expect table output from Lua script, not ${type}`);
  if (Array.isArray(value) || typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return 'none';
  const { status, message } = value as { status?: unknown; message?: unknown };
  if (!isHealthStatus(status)) return unknown('Lua returned an invalid health status');
  return typeof message === 'string' && message !== '' ? { status, message } : { status };
}
