import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { TerminalError } from '@lockstep/core';

/**
 * The cluster Lockstep itself lives in: the named kubeconfig, else `KUBECONFIG`, else the mounted service account, else
 * `~/.kube/config`. Unlike the client library there is no last resort of `http://localhost:8080`: a wrong cluster is
 * worse than none.
 */
export function loadKubeConfig(
  options: { kubeconfig?: string | undefined; context?: string | undefined } = {},
): KubeConfig {
  const config = new KubeConfig();
  const file = options.kubeconfig ?? process.env['KUBECONFIG']?.split(path.delimiter).find((name) => name !== '');
  const home = path.join(homedir(), '.kube', 'config');
  if (file !== undefined) {
    if (!existsSync(file)) {
      throw new TerminalError('KubeconfigMissing', `kubeconfig ${file} does not exist`, {
        fix: 'Give an existing file with --kubeconfig',
      });
    }
    config.loadFromFile(file);
  } else if (process.env['KUBERNETES_SERVICE_HOST'] !== undefined) config.loadFromCluster();
  else if (existsSync(home)) config.loadFromFile(home);
  else {
    throw new TerminalError('KubeconfigMissing', 'no Kubernetes cluster is configured', {
      fix: 'Give --kubeconfig FILE, set KUBECONFIG, or run inside a cluster',
    });
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  if (config.getCurrentCluster() === null) {
    throw new TerminalError('KubeconfigInvalid', `kubeconfig has no usable current context`, {
      fix: 'Set current-context, or give --context',
    });
  }
  return config;
}
