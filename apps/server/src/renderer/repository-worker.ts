import { KUSTOMIZATION_FILES, RenderError, TerminalError } from '@lockstep/core';
import type { RepositoryCredentials } from '../git/credentials.ts';
import {
  type DiscoveredApplication,
  type RepositoryAnswers,
  type RepositoryJob,
  type ResolvedTargets,
  targetKey,
} from '../queues/repositories-queue.ts';
import type { Charts } from './charts.ts';
import type { Mirrors } from './mirrors.ts';

/** More changed files than this are not listed: everything that tracks the ref is then looked at. */
const MAX_CHANGED_FILES = 20_000;

/** Answers one question about a repository. */
export async function answerRepositoryJob(
  { mirrors, charts }: { mirrors: Mirrors; charts: Charts },
  job: RepositoryJob,
  credentials: RepositoryCredentials,
): Promise<RepositoryAnswers[RepositoryJob['kind']]> {
  const { url } = job;
  switch (job.kind) {
    case 'resolve':
      return resolveTargets(mirrors, job, credentials);
    case 'resolve-chart':
      return { version: await charts.resolve({ url, chart: job.chart, version: job.revision }, credentials) };
    case 'chart-metadata':
      return charts.metadata({ url, chart: job.chart, version: job.revision }, credentials);
    case 'changes':
      await mirrors.reader(url, job.to, credentials);
      return { files: await changedFiles(mirrors.of(url), job.from, job.to) };
    case 'metadata': {
      await mirrors.reader(url, job.revision, credentials);
      return mirrors.of(url).metadata(job.revision);
    }
    case 'refs': {
      if (!mirrors.of(url).isCloned) await mirrors.fetch(url, credentials);
      return mirrors.of(url).branchesAndTags();
    }
    case 'applications':
      return { items: await discoverApplications(mirrors, url, job.revision, credentials) };
    case 'charts':
      return { items: await charts.list(url, credentials) };
    case 'test':
      if (job.type === 'git') await mirrors.of(url).remoteRefs(credentials);
      else await charts.test(url, credentials);
      return {};
  }
}

async function resolveTargets(
  mirrors: Mirrors,
  job: Extract<RepositoryJob, { kind: 'resolve' }>,
  credentials: RepositoryCredentials,
): Promise<ResolvedTargets> {
  const mirror = mirrors.of(job.url);
  let contacted = true;
  if (!mirror.isCloned) await mirrors.fetch(job.url, credentials);
  else if (job.freshness === 'fetch') {
    const isThere =
      job.commit !== undefined && job.ref !== undefined && (await mirror.resolve({ revision: job.ref })) === job.commit;
    if (isThere) contacted = false;
    else await mirrors.fetch(job.url, credentials, job.ref);
  } else if (job.freshness === 'check') {
    if (await mirror.isBehind(credentials)) await mirrors.fetch(job.url, credentials);
  } else contacted = false;

  const resolveAll = async (): Promise<Record<string, string>> => {
    const commits: Record<string, string> = {};
    for (const target of job.targets) {
      const commit = await mirror.resolve(target);
      if (commit !== undefined) commits[targetKey(target)] = commit;
    }
    return commits;
  };
  let commits = await resolveAll();
  // A branch that was pushed a moment ago is asked for before the mirror knows it.
  if (!contacted && Object.keys(commits).length < job.targets.length) {
    await mirrors.fetch(job.url, credentials);
    contacted = true;
    commits = await resolveAll();
  }
  return { commits, changes: await changesSince(mirrors, job, commits), contacted };
}

async function changesSince(
  mirrors: Mirrors,
  job: Extract<RepositoryJob, { kind: 'resolve' }>,
  commits: Record<string, string>,
): Promise<ResolvedTargets['changes']> {
  const mirror = mirrors.of(job.url);
  const changes: ResolvedTargets['changes'] = {};
  const between = new Map<string, Promise<string[] | null>>();
  for (const [key, to] of Object.entries(commits)) {
    const from = job.known[key];
    if (from === undefined || from === to) continue;
    let files = between.get(`${from} ${to}`);
    if (files === undefined) {
      files = changedFiles(mirror, from, to);
      between.set(`${from} ${to}`, files);
    }
    changes[key] = { from, to, files: await files };
  }
  return changes;
}

async function changedFiles(mirror: ReturnType<Mirrors['of']>, from: string, to: string): Promise<string[] | null> {
  try {
    const [before, after] = await Promise.all([mirror.snapshot(from), mirror.snapshot(to)]);
    const files = after.changedFiles(before);
    return files.length > MAX_CHANGED_FILES ? null : files;
  } catch (error) {
    // The old commit is gone from the mirror (a shallow or rewritten history).
    if (error instanceof RenderError || error instanceof TerminalError) return null;
    throw error;
  }
}

/** Directories that look like an application, for the wizard. */
async function discoverApplications(
  mirrors: Mirrors,
  url: string,
  revision: string,
  credentials: RepositoryCredentials,
): Promise<DiscoveredApplication[]> {
  const mirror = mirrors.of(url);
  if (!mirror.isCloned) await mirrors.fetch(url, credentials);
  const commit = await mirror.resolve({ revision });
  if (commit === undefined)
    throw new TerminalError('RevisionUnknown', `repository ${url} has no revision "${revision}"`);
  const snapshot = await mirror.snapshot(commit);
  const found: DiscoveredApplication[] = [];
  for (const { path } of snapshot.files('')) {
    const slash = path.lastIndexOf('/');
    const directory = slash < 0 ? '.' : path.slice(0, slash);
    const name = path.slice(slash + 1);
    if (name === 'Chart.yaml') found.push({ path: directory, type: 'Helm' });
    else if ((KUSTOMIZATION_FILES as readonly string[]).includes(name))
      found.push({ path: directory, type: 'Kustomize' });
    if (found.length >= 1_000) break;
  }
  return found;
}
