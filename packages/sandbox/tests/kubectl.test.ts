import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../src/index.ts';
import { type StockClient, stockClient } from './stock-client.ts';

const guestbook = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: guestbook, labels: { app: guestbook } }
spec:
  replicas: 2
  selector: { matchLabels: { app: guestbook } }
  template:
    metadata: { labels: { app: guestbook } }
    spec:
      containers:
        - { name: ui, image: "guestbook:1", ports: [{ containerPort: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: guestbook }
spec: { selector: { app: guestbook }, ports: [{ port: 80 }] }
`;

const widgetDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: widgets, singular: widget, kind: Widget, shortNames: [wd] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {}, scale: { specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas } }
      additionalPrinterColumns:
        - { name: Size, type: string, jsonPath: .spec.size }
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              description: What the widget is.
              type: object
              required: [size]
              properties:
                size: { type: string, enum: [small, large] }
                replicas: { type: integer, default: 1 }
`;

describe.each(['v34', 'v32'] as const)('kubectl of lambda-layer %s', (version) => {
  let sandbox: Sandbox;
  let client: StockClient;

  beforeAll(async () => {
    sandbox = await startSandbox({ name: 'kubectl-test', controllers: true, podStartupMs: 20 });
    client = await stockClient(sandbox, version);
  });

  afterAll(async () => {
    client.dispose();
    await sandbox.close();
  });

  it('finds out what is served', async () => {
    expect(await client.kubectl('version')).toMatch(/Server Version: v1\.34/);
    expect(await client.kubectl('api-resources')).toMatch(/deployments +deploy +apps\/v1 +true +Deployment/);
    expect(await client.kubectl('api-versions')).toContain('networking.k8s.io/v1');
    expect(await client.kubectl('explain', 'deployment.spec.strategy')).toContain(
      'DeploymentStrategy describes how to replace',
    );
  });

  it('applies from the client, tells what would change, and changes nothing twice', async () => {
    const file = client.write('guestbook.yaml', guestbook);
    expect(await client.kubectl('apply', '-f', file)).toContain('deployment.apps/guestbook created');
    expect(await client.kubectl('apply', '-f', file)).toContain('deployment.apps/guestbook unchanged');
    const changed = client.write('guestbook-2.yaml', guestbook.replace('guestbook:1', 'guestbook:2'));
    const diff = await client.tryKubectl('diff', '-f', changed);
    expect(diff.code).toBe(1);
    expect(diff.stdout).toContain('+      - image: guestbook:2');
    expect((await client.tryKubectl('diff', '-f', file)).code).toBe(0);
  });

  it('brings Pods up, and rolls out, back and again', async () => {
    await client.kubectl('rollout', 'status', 'deployment/guestbook', '--timeout=20s');
    expect(await client.kubectl('get', 'deployment', 'guestbook')).toMatch(/guestbook +2\/2 +2 +2/);
    await client.kubectl('set', 'image', 'deployment/guestbook', 'ui=guestbook:3');
    await client.kubectl('rollout', 'status', 'deployment/guestbook', '--timeout=20s');
    expect(await client.kubectl('rollout', 'history', 'deployment/guestbook')).toMatch(/1 .*\n2 /);
    await client.kubectl('rollout', 'undo', 'deployment/guestbook');
    await client.kubectl('rollout', 'status', 'deployment/guestbook', '--timeout=20s');
    expect(await client.kubectl('get', 'deployment', 'guestbook', '-o', 'jsonpath={..image}')).toBe('guestbook:1');
    await client.kubectl('rollout', 'restart', 'deployment/guestbook');
    await client.kubectl('rollout', 'status', 'deployment/guestbook', '--timeout=20s');
    await client.kubectl('scale', 'deployment/guestbook', '--replicas=3');
    await client.kubectl('wait', '--for=jsonpath={.status.readyReplicas}=3', 'deployment/guestbook', '--timeout=20s');
  });

  it('shows Pods, logs, events and descriptions', async () => {
    expect(
      await client.kubectl('get', 'pods', '-l', 'app=guestbook', '--field-selector=status.phase=Running', '-o', 'name'),
    ).toContain('pod/guestbook-');
    expect(await client.kubectl('logs', 'deployment/guestbook')).not.toBe('');
    expect(await client.kubectl('events')).toContain('ScalingReplicaSet');
    expect(await client.kubectl('get', 'events')).toMatch(/^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE/);
    expect(await client.kubectl('describe', 'deployment', 'guestbook')).toContain('NewReplicaSet:');
    expect(await client.kubectl('describe', 'service', 'guestbook')).toMatch(/IP: +10\.96\./);
    expect(await client.kubectl('get', 'nodes', '-o', 'wide')).toMatch(/Ready/);
  });

  it('patches in three ways, and is refused what does not fit', async () => {
    await client.kubectl(
      'patch',
      'deployment',
      'guestbook',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"ui","env":[{"name":"A","value":"b"}]}]}}}}',
    );
    await client.kubectl(
      'patch',
      'deployment',
      'guestbook',
      '--type=merge',
      '-p',
      '{"metadata":{"labels":{"tier":"front"}}}',
    );
    await client.kubectl(
      'patch',
      'deployment',
      'guestbook',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/metadata/labels/tier"}]',
    );
    const container = JSON.parse(
      await client.kubectl('get', 'deployment', 'guestbook', '-o', 'jsonpath={.spec.template.spec.containers[0]}'),
    );
    expect(container).toMatchObject({ image: 'guestbook:1', env: [{ name: 'A', value: 'b' }] });
    const refused = await client.tryKubectl(
      'patch',
      'deployment',
      'guestbook',
      '--type=merge',
      '-p',
      '{"spec":{"selector":{"matchLabels":{"x":"y"}}}}',
    );
    expect(refused.stderr).toContain(
      'spec.selector: Invalid value: {"matchLabels":{"app":"guestbook","x":"y"}}: field is immutable',
    );
  });

  it('applies on the server, meets conflicts and takes over by force', async () => {
    const config = (value: string): string =>
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"shared"},"data":{"color":"${value}"}}`;
    await client.kubectlWith(config('red'), 'apply', '--server-side', '--field-manager=first', '-f', '-');
    const file = client.write('shared.yaml', config('blue'));
    const conflict = await client.tryKubectl('apply', '--server-side', '--field-manager=second', '-f', file);
    expect(conflict.stderr).toContain('conflict with "first": .data.color');
    await client.kubectl('apply', '--server-side', '--field-manager=second', '--force-conflicts', '-f', file);
    expect(await client.kubectl('get', 'configmap', 'shared', '-o', 'jsonpath={.data.color}')).toBe('blue');
    expect((await client.tryKubectl('diff', '--server-side', '--field-manager=second', '-f', file)).code).toBe(0);
  });

  it('creates typed objects, which it sends as protobuf', async () => {
    await client.kubectl('create', 'namespace', 'typed');
    await client.kubectl('create', 'configmap', 'settings', '--from-literal=a=b', '-n', 'typed');
    await client.kubectl('create', 'secret', 'generic', 'password', '--from-literal=p=hunter2', '-n', 'typed');
    await client.kubectl('create', 'job', 'hello', '--image=busybox', '-n', 'typed', '--', 'echo', 'hello');
    await client.kubectl('wait', '--for=condition=complete', 'job/hello', '-n', 'typed', '--timeout=20s');
    expect(await client.kubectl('logs', 'job/hello', '-n', 'typed')).toContain('hello');
    expect(await client.kubectl('get', 'secret', 'password', '-n', 'typed', '-o', 'jsonpath={.data.p}')).toBe(
      'aHVudGVyMg==',
    );
    await client.kubectl('delete', 'namespace', 'typed', '--timeout=20s');
    expect((await client.tryKubectl('get', 'namespace', 'typed')).stderr).toContain('NotFound');
  });

  it('deletes with each propagation policy', async () => {
    for (const name of ['background', 'foreground', 'orphan']) {
      await client.kubectl('create', 'deployment', name, '--image=nginx');
      await client.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=20s');
      await client.kubectl('delete', 'deployment', name, `--cascade=${name}`, '--timeout=20s');
    }
    await client.kubectl('wait', '--for=delete', 'replicaset', '-l', 'app=background', '--timeout=20s');
    expect(await client.kubectl('get', 'replicasets', '-l', 'app=foreground', '-o', 'name')).toBe('');
    expect(
      await client.kubectl(
        'get',
        'replicasets',
        '-l',
        'app=orphan',
        '-o',
        'jsonpath={.items[0].metadata.ownerReferences}',
      ),
    ).toBe('');
    expect(await client.kubectl('get', 'replicasets', '-l', 'app=orphan', '-o', 'name')).toContain(
      'replicaset.apps/orphan-',
    );
  });

  it('serves custom resources as soon as they are defined', async () => {
    await client.kubectlWith(widgetDefinition, 'apply', '-f', '-');
    await client.kubectl('wait', '--for=condition=Established', 'crd/widgets.example.com', '--timeout=5s');
    expect(await client.kubectl('explain', 'widget.spec')).toContain('What the widget is.');
    const widget = '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"one"},"spec":{"size":"small"}}';
    await client.kubectlWith(widget, 'apply', '-f', '-');
    expect(await client.kubectl('get', 'wd')).toMatch(/NAME +SIZE\none +small/);
    await client.kubectl('scale', 'widget/one', '--replicas=4');
    expect(await client.kubectl('get', 'wd', 'one', '-o', 'jsonpath={.spec.replicas} {.metadata.generation}')).toBe(
      '4 2',
    );
    const huge = await client.tryKubectl('patch', 'wd', 'one', '--type=merge', '-p', '{"spec":{"size":"huge"}}');
    expect(huge.stderr).toContain('spec.size: Unsupported value: "huge": supported values: "small", "large"');
    const unknown = client.write(
      'unknown.yaml',
      widget.replace('"size":"small"', '"size":"small","nope":1').replace('one', 'two'),
    );
    expect((await client.tryKubectl('create', '-f', unknown)).stderr).toContain(
      'strict decoding error: unknown field "spec.nope"',
    );
    await client.kubectl('delete', 'crd', 'widgets.example.com', '--timeout=10s');
    expect((await client.tryKubectl('get', '--raw', '/apis/example.com/v1')).stderr).toContain(
      'could not find the requested resource',
    );
  });

  it('answers who may do what', async () => {
    expect(await client.kubectl('auth', 'can-i', 'create', 'pods')).toContain('yes');
    expect(await client.kubectl('auth', 'whoami')).toContain('admin');
    await client.kubectl('create', 'rolebinding', 'bob', '--clusterrole=view', '--user=bob');
    expect(await client.kubectl('auth', 'can-i', 'list', 'pods', '--as=bob')).toContain('yes');
    const refused = await client.tryKubectl('get', 'secrets', '--as=bob');
    expect(refused.stderr).toContain(
      'secrets is forbidden: User "bob" cannot list resource "secrets" in API group "" in the namespace "default"',
    );
  });
});
