import { rename, writeFile } from 'node:fs/promises';

/** What a person or a script needs to use the instance that was just started. */
export interface Summary {
  /** Dashboard and API. */
  url: string;
  /** Absent when the cluster's own administrator removed it. */
  adminPassword?: string;
  /** Base of the embedded Git server; pushing to `<gitURL>/<new-name>.git` creates that repository. */
  gitURL: string;
  /** By cluster name; the first one is the cluster Lockstep lives in. */
  kubeconfigs: Record<string, string>;
  oidcUsers: { username: string; password: string; groups: string[] }[];
  /** Process ids by role. */
  pids: Record<string, number>;
}

/** Writes the summary as JSON, whole or not at all. It holds passwords: mode 0600. */
export async function writeSummaryFile(file: string, summary: Summary): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(summary, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** The text that ends `npm start`: short, aligned, three things to try. */
export function describeSummary(
  summary: Summary,
  facts: { demo: boolean; seconds: number; logs: string; forgets?: string },
): string {
  const [firstKubeconfig = ''] = Object.values(summary.kubeconfigs);
  const rows: [string, string][] = [
    ['Dashboard', summary.url],
    ['Admin', summary.adminPassword === undefined ? 'the password you set' : `admin / ${summary.adminPassword}`],
    ...summary.oidcUsers.map((user, index): [string, string] => [
      index === 0 ? 'Single sign-on' : '',
      `${user.username} / ${user.password}  (${user.groups.join(', ')})`,
    ]),
    ...Object.entries(summary.kubeconfigs).map(([name, file], index): [string, string] => [
      index === 0 ? 'Clusters' : '',
      `${name}  KUBECONFIG=${file}`,
    ]),
    ['Git', `${summary.gitURL}/<name>.git`],
    ['Logs', facts.logs],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
  const tries = facts.demo
    ? [
        `Open ${summary.url}/applications, choose shop-staging, press Sync and read the plan before you apply it.`,
        `git clone ${summary.gitURL}/shop.git && cd shop, change replicas in overlays/production, push, and watch it roll out.`,
        `KUBECONFIG=${firstKubeconfig} kubectl -n shop-production scale deployment/production-web --replicas=9, and watch it healed.`,
      ]
    : [
        `Open ${summary.url} and create an application.`,
        `git push ${summary.gitURL}/my-app.git main with manifests of yours; the repository is created by the push.`,
        `curl -s ${summary.url}/api/version`,
      ];
  return [
    '',
    `Lockstep is ready (${facts.seconds.toFixed(1)} s).`,
    '',
    ...lines,
    '',
    '  Three things to try',
    ...tries.map((text, index) => `  ${index + 1}. ${text}`),
    '',
    `  Ctrl-C stops everything; what you did is kept for the next start${facts.forgets === undefined ? '' : `, but not ${facts.forgets}`}.`,
    '',
  ].join('\n');
}
