import { parseArgs } from 'node:util';
import { startSandbox } from './index.ts';

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'sandbox' },
    port: { type: 'string', default: '0' },
    host: { type: 'string' },
    advertise: { type: 'string' },
    'data-dir': { type: 'string' },
    'kubeconfig-out': { type: 'string' },
    'pod-startup-ms': { type: 'string', default: '1000' },
    'no-controllers': { type: 'boolean', default: false },
  },
});

const sandbox = await startSandbox({
  name: values.name,
  port: Number(values.port),
  controllers: !values['no-controllers'],
  podStartupMs: Number(values['pod-startup-ms']),
  ...(values.host === undefined ? {} : { host: values.host }),
  ...(values.advertise === undefined ? {} : { advertise: values.advertise }),
  ...(values['data-dir'] === undefined ? {} : { dataDir: values['data-dir'] }),
  ...(values['kubeconfig-out'] === undefined ? {} : { kubeconfigPath: values['kubeconfig-out'] }),
});
let isClosing = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (isClosing) return;
    isClosing = true;
    void sandbox.close().then(() => process.exit(0));
  });
}

// Last, as whoever started this waits for the line and may signal at once.
console.log(`sandbox ${values.name} listens on ${sandbox.url}`);
