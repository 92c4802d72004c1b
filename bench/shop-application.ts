/** The manifests of one application of 20 objects, as a team would write them: about 1 kB each. */
export function shopManifests(): Record<string, string> {
  const files: Record<string, string> = {};
  for (let index = 0; index < 5; index += 1) {
    const name = `shop-${index}`;
    files[`deploy/${name}.json`] = [deployment(name), service(name), configMap(name), serviceAccount(name)]
      .map((object) => JSON.stringify(object))
      .join('\n---\n');
  }
  return files;
}

function deployment(name: string): object {
  const env = Array.from({ length: 8 }, (_, index) => ({ name: `SETTING_${index}`, value: `value-${index}` }));
  const probe = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10 };
  const resources = { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: name, team: 'shop' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, team: 'shop' } },
        spec: {
          serviceAccountName: name,
          containers: [
            {
              name: 'web',
              image: `registry.example.com/shop/${name}:1.4.2`,
              ports: [{ name: 'http', containerPort: 8080 }],
              env,
              resources,
              readinessProbe: probe,
              livenessProbe: probe,
              volumeMounts: [{ name: 'config', mountPath: '/etc/shop' }],
            },
          ],
          volumes: [{ name: 'config', configMap: { name } }],
        },
      },
    },
  };
}

function service(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { app: name } },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}

function configMap(name: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { 'shop.conf': 'x'.repeat(800) } };
}

function serviceAccount(name: string): object {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
}
