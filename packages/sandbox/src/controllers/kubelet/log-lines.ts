import type { Container, Pod } from '../machinery/objects.ts';
import { fnv32 } from '../machinery/safe-name.ts';
import type { Timing } from '../machinery/timing.ts';
import { planContainer } from './container-plan.ts';

export interface LogLine {
  /** Milliseconds since the epoch. */
  time: number;
  text: string;
}

/** A line of ordinary work every so often. */
const PERIOD_MS = 4000;

interface RunOfContainer {
  pod: Pod;
  container: string;
  timing: Timing;
  start: number;
  until: number;
  /** Of a run that has ended. */
  exitCode: number | undefined;
}

/**
 * What a container prints from its start until some moment: its image's greeting or its command's `echo`s, then a line
 * of work every few seconds. Only the last `limit` lines are made. `nextAt` is when the next one is due.
 */
export function logLines(run: RunOfContainer, limit: number): { lines: LogLine[]; nextAt: number | undefined } {
  const spec = [...run.pod.spec.containers, ...(run.pod.spec.initContainers ?? [])].find(
    ({ name }) => name === run.container,
  );
  if (spec === undefined) return { lines: [], nextAt: undefined };
  const isMain = run.pod.spec.containers.includes(spec);
  const plan = planContainer(
    run.pod,
    spec,
    isMain ? 'main' : spec.restartPolicy === 'Always' ? 'sidecar' : 'init',
    run.timing,
  );
  const end = run.start + plan.runMs;
  const printed = plan.output.map(({ afterMs, text }) => ({
    time: run.start + afterMs,
    text: text.replace(/\$\(date[^)]*\)/g, new Date(run.start + afterMs).toUTCString()),
  }));
  const isQuiet = spec.command !== undefined && (printed.length > 0 || Number.isFinite(plan.runMs));
  const voice = voiceOf(spec);
  const greeting = isQuiet ? [] : voice.greeting.map((text, index) => ({ time: run.start + index, text }));
  const opening = [...greeting, ...printed].filter(({ time }) => time <= run.until);
  const first = run.start + PERIOD_MS;
  const last = Math.min(run.until, end);
  const works = isQuiet ? 0 : Math.max(0, Math.floor((last - first) / PERIOD_MS) + 1);
  const lines: LogLine[] = works < limit ? opening : [];
  for (let index = Math.max(0, works - limit); index < works; index += 1) {
    lines.push({
      time: first + index * PERIOD_MS,
      text: voice.work(fnv32(`${run.pod.metadata.name}/${index}`), first + index * PERIOD_MS),
    });
  }
  if (run.exitCode !== undefined && run.exitCode !== 0 && !isQuiet) {
    const time = Math.max(Math.min(run.until, end), (lines.at(-1)?.time ?? 0) + 1);
    lines.push({ time, text: voice.last(run.exitCode, time) });
  }
  const pending = printed.find(({ time }) => time > run.until)?.time;
  const work = isQuiet ? undefined : first + works * PERIOD_MS;
  const due = [pending, work].filter((time) => time !== undefined);
  // A run without lines to come is looked at again only when its Pod changes, or after a while.
  return { lines: lines.slice(-limit), nextAt: due.length === 0 ? run.until + 3_600_000 : Math.min(...due) };
}

interface Voice {
  greeting: string[];
  work(seed: number, time: number): string;
  last(exitCode: number, time: number): string;
}

const paths = ['/', '/healthz', '/api/items', '/api/items/7', '/static/app.js', '/metrics'];

function pick<Item>(items: [Item, ...Item[]] | Item[], seed: number): Item {
  return items[seed % items.length] as Item;
}

function voiceOf(container: Container): Voice {
  const image = container.image ?? '';
  const port = container.ports?.[0]?.containerPort ?? 8080;
  if (/(^|\/)nginx/.test(image)) return nginx;
  if (/(^|\/)(redis|valkey)/.test(image)) return redis;
  if (/(^|\/)postgres/.test(image)) return postgres;
  return service(container.name, port);
}

const nginx: Voice = {
  greeting: [
    '/docker-entrypoint.sh: Configuration complete; ready for start up',
    'nginx: using the "epoll" event method',
    'nginx: start worker processes',
  ],
  work: (seed, time) =>
    `10.64.0.1 - - [${clfTime(time)}] "GET ${pick(paths, seed)} HTTP/1.1" 200 ${200 + (seed % 900)} "-" "kube-probe/1.34"`,
  last: (exitCode) => `nginx: [emerg] worker process exited with code ${exitCode}`,
};

const redis: Voice = {
  greeting: [
    '* oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo',
    '* Running mode=standalone, port=6379.',
    '* Ready to accept connections tcp',
  ],
  work: (seed) => `* DB saved on disk; ${seed % 1000} keys`,
  last: (exitCode) => `# Redis is now exiting with code ${exitCode}, bye bye...`,
};

const postgres: Voice = {
  greeting: [
    'PostgreSQL Database directory appears to contain a database; Skipping initialization',
    'LOG:  listening on IPv4 address "0.0.0.0", port 5432',
    'LOG:  database system is ready to accept connections',
  ],
  work: (seed) => `LOG:  checkpoint complete: wrote ${seed % 200} buffers; sync files=${seed % 7}`,
  last: (exitCode) => `LOG:  database system is shut down (exit code ${exitCode})`,
};

function service(name: string, port: number): Voice {
  const line = (time: number, level: string, text: string) =>
    `time=${new Date(time).toISOString()} level=${level} msg="${text}" app=${name}`;
  return {
    greeting: [
      `msg="starting" app=${name}`,
      `msg="configuration loaded" app=${name}`,
      `msg="listening" app=${name} address=0.0.0.0:${port}`,
    ],
    work: (seed, time) =>
      line(time, 'info', `handled GET ${pick(paths, seed)} status=200 duration=${1 + (seed % 40)}ms`),
    last: (exitCode, time) => line(time, 'fatal', `cannot go on, exiting with code ${exitCode}`),
  };
}

function clfTime(time: number): string {
  const [, day, month, year, clock] = /, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(time).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${clock} +0000`;
}
