import { parseArgs } from 'node:util';

/** What `npm start -- …` takes. */
export interface StartArguments {
  /** A real cluster instead of the sandbox. */
  kubeconfig?: string;
  /** `sandbox` (two embedded clusters) or `kube` (a real kube-apiserver of the test tools). */
  cluster: 'sandbox' | 'kube';
  namespace: string;
  port?: number;
  gitPort?: number;
  dataDirectory: string;
  summaryFile?: string;
  reset: boolean;
  /** Put the example applications on the cluster. Always on for embedded clusters unless `--no-demo`. */
  demo?: boolean;
  podStartupMs: number;
  help: boolean;
}

export const usage = `npm start -- [options]

  --kubeconfig FILE     use this cluster instead of the sandbox (KUBECONFIG and in-cluster credentials work too)
  --cluster kube        use a real kube-apiserver started on this machine (pnpm kube:install builds it once)
  --namespace NAME      where Lockstep keeps its objects (default argocd)
  --port PORT           dashboard and API (default: free, the same as last time where possible)
  --git-port PORT       embedded Git server
  --data-dir DIR        state kept between starts (default .lockstep)
  --summary-file FILE   also write the summary as JSON
  --pod-startup-ms MS   how long a sandbox Pod takes to become Ready (default 1500)
  --demo, --no-demo     put the example applications on the cluster, or do not
  --reset               forget everything kept from earlier starts

Environment: REDIS_URL uses a Redis of yours instead of starting one.`;

/** Parses the command line. Throws with the name of the option that is wrong. */
export function parseArguments(argv: string[], environment: NodeJS.ProcessEnv): StartArguments {
  const { values } = parseArgs({
    args: argv,
    strict: true,
    options: {
      kubeconfig: { type: 'string' },
      cluster: { type: 'string' },
      namespace: { type: 'string', default: 'argocd' },
      port: { type: 'string' },
      'git-port': { type: 'string' },
      'data-dir': { type: 'string', default: '.lockstep' },
      'summary-file': { type: 'string' },
      'pod-startup-ms': { type: 'string', default: '1500' },
      demo: { type: 'boolean' },
      'no-demo': { type: 'boolean' },
      reset: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const cluster = values.cluster ?? 'sandbox';
  if (cluster !== 'sandbox' && cluster !== 'kube') throw new Error(`--cluster takes sandbox or kube, not "${cluster}"`);
  const fromEnvironment = environment['KUBECONFIG'];
  const kubeconfig =
    values.kubeconfig ?? (values.cluster === undefined && fromEnvironment !== '' ? fromEnvironment : undefined);
  return {
    cluster,
    namespace: values.namespace,
    dataDirectory: values['data-dir'],
    reset: values.reset,
    help: values.help,
    podStartupMs: wholeNumber('--pod-startup-ms', values['pod-startup-ms']),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(values.port === undefined ? {} : { port: wholeNumber('--port', values.port) }),
    ...(values['git-port'] === undefined ? {} : { gitPort: wholeNumber('--git-port', values['git-port']) }),
    ...(values['summary-file'] === undefined ? {} : { summaryFile: values['summary-file'] }),
    ...(values.demo === true ? { demo: true } : values['no-demo'] === true ? { demo: false } : {}),
  };
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} takes a whole number, not "${text}"`);
  return Number(text);
}
