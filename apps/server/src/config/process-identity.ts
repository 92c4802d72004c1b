import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * A name for this process that no other has: `host_pid_random`, and where the kernel tells, `_place_start`, so that
 * `isGone` can say of another whether it still runs.
 */
export function processIdentity(): string {
  const name = `${hostname()}_${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
  const place = processPlace();
  const start = place === undefined ? undefined : startOf('self');
  return start === undefined ? name : `${name}_${place}_${start}`;
}

/**
 * Whether the process with this identity has ended for certain. Known only of one that ran under the same kernel in the
 * same process namespace: host names and process ids repeat (every container has a process 1), the boot id, the namespace
 * and the time a process started do not. Of any other, and where the kernel tells nothing, false.
 */
export function isGone(identity: string): boolean {
  const [start, place, _random, pid] = identity.split('_').reverse();
  if (place === undefined || pid === undefined || !/^\d+$/.test(pid) || place !== processPlace()) return false;
  const found = startOf(pid);
  return found !== start && found !== HIDDEN;
}

/** There is a process, and we may not look at it (`hidepid`). */
const HIDDEN = 'hidden';

/** Names the running kernel and the namespace that process ids count in; undefined where there is no /proc. */
function processPlace(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
    return namespace === undefined || boot === '' ? undefined : `${boot}.${namespace}`;
  } catch {
    return undefined;
  }
}

/** When the process began, in ticks since boot; undefined when there is none, or one that only waits to be reaped. */
function startOf(pid: string): string | undefined {
  try {
    // The second field is the command in parentheses and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return HIDDEN;
  }
  try {
    process.kill(Number(pid), 0);
    return HIDDEN;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? undefined : HIDDEN;
  }
}
