import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { type GenerateResult, generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterConnection } from '../kubernetes/cluster-connection.ts';
import { clusterFacts, clusterKubeConfig, clusterProblems, registeredClusters } from './cluster-secret.ts';
import type { Secret } from './control-plane.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function secretOf(name: string, data: Record<string, string>): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, labels: { 'argocd.argoproj.io/secret-type': 'cluster' } },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
  };
}

let folder: string;
let authority: GenerateResult;
let person: GenerateResult;
let api: Server;
let proxy: ReturnType<typeof createProxy>;
let tunnels = 0;
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockstep-clusters-'));
  authority = await generate([{ name: 'commonName', value: 'test-ca' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  });
  const issue = (commonName: string, extensions: object[]): Promise<GenerateResult> =>
    generate([{ name: 'commonName', value: commonName }], {
      keyType: 'ec',
      algorithm: 'sha256',
      ca: { key: authority.private, cert: authority.cert },
      extensions: extensions as never,
    });
  const serving = await issue('api', [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'api.internal' }] }]);
  person = await issue('gitops', [{ name: 'extKeyUsage', clientAuth: true }]);
  api = createServer(
    { key: serving.private, cert: serving.cert, ca: authority.cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket & { servername?: string | false };
      const subject = socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined;
      response.end(
        JSON.stringify({ authorization: request.headers.authorization, subject, servername: socket.servername }),
      );
    },
  );
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  proxy = createProxy();
  proxy.on('connect', (request, client) => {
    tunnels += 1;
    const [host = '', port] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  api?.closeAllConnections();
  api?.close();
  proxy?.closeAllConnections();
  proxy?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What the API server sees of somebody who uses this Secret. */
async function seen(config: object): Promise<object> {
  const secret = secretOf('cluster-a', {
    name: 'a',
    server: `https://127.0.0.1:${portOf(api)}`,
    config: JSON.stringify(config),
  });
  const kubeConfig = clusterKubeConfig(secret);
  if (kubeConfig === undefined) throw new Error('it should have been another cluster');
  await using connection = new ClusterConnection(kubeConfig);
  return await connection.json<object>({ method: 'GET', path: '/version' });
}

describe('a cluster Secret', () => {
  const trusted = (): object => ({ caData: base64(authority.cert), serverName: 'api.internal' });

  it('reaches the API server by token, password, certificate, plugin and through a proxy, and trusts its CA only', async () => {
    expect(await seen({ bearerToken: 'abc', tlsClientConfig: trusted() })).toEqual({
      authorization: 'Bearer abc',
      servername: 'api.internal',
    });
    expect(await seen({ username: 'me', password: 'p:w', tlsClientConfig: trusted() })).toMatchObject({
      authorization: `Basic ${base64('me:p:w')}`,
    });
    const certificate = { certData: base64(person.cert), keyData: base64(person.private) };
    expect(await seen({ tlsClientConfig: { ...trusted(), ...certificate } })).toMatchObject({ subject: 'gitops' });
    const plugin = path.join(folder, 'plugin.sh');
    writeFileSync(
      plugin,
      `#!/bin/sh\nprintf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s-%s-%s"}}' "$1" "$REGION" "$(echo "$KUBERNETES_EXEC_INFO" | grep -c '"audience":"far"')"\n`,
    );
    chmodSync(plugin, 0o755);
    const execProviderConfig = {
      command: plugin,
      args: ['token'],
      env: { REGION: 'eu' },
      apiVersion: 'client.authentication.k8s.io/v1',
      provideClusterInfo: true,
      config: { audience: 'far' },
    };
    expect(await seen({ execProviderConfig, tlsClientConfig: trusted() })).toMatchObject({
      authorization: 'Bearer token-eu-1',
    });
    expect(tunnels).toBe(0);
    const proxyUrl = `http://127.0.0.1:${portOf(proxy)}`;
    expect(await seen({ bearerToken: 'abc', tlsClientConfig: trusted(), proxyUrl })).toMatchObject({
      authorization: 'Bearer abc',
    });
    expect(tunnels).toBe(1);

    await expect(seen({ bearerToken: 'abc' })).rejects.toThrow(/certificate/);
    await expect(seen({ bearerToken: 'abc', tlsClientConfig: { caData: base64(authority.cert) } })).rejects.toThrow(
      /altnames/,
    );
    await expect(seen({ bearerToken: 'abc', tlsClientConfig: { caData: base64(person.cert) } })).rejects.toThrow(
      /certificate/,
    );
    expect(await seen({ bearerToken: 'abc', tlsClientConfig: { insecure: true } })).toMatchObject({
      authorization: 'Bearer abc',
    });
  });

  it('says which namespaces, project and shard it is about', () => {
    const secret = secretOf('cluster-a', {
      name: 'a',
      server: 'https://a/',
      namespaces: 'web, shop,',
      clusterResources: 'true',
      project: 'p',
      shard: '2',
    });
    expect(clusterFacts(secret)).toMatchObject({
      server: 'https://a',
      namespaces: ['web', 'shop'],
      clusterResources: true,
      project: 'p',
      shard: 2,
    });
  });

  it('that is wrong is named with its reason, quotes no credential, and takes no other with it', () => {
    const good = secretOf('cluster-good', { name: 'good', server: 'https://good', config: '{}' });
    const secrets = [
      secretOf('cluster-twin', { name: 'twin', server: 'https://good/' }),
      good,
      secretOf('cluster-json', { name: 'json', server: 'https://json', config: '{"bearerToken": "hunter2' }),
      secretOf('cluster-list', { name: 'list', server: 'https://list', config: '["hunter2"]' }),
      secretOf('cluster-url', { name: 'url', server: 'far.example' }),
      secretOf('cluster-none', { name: 'none' }),
      secretOf('cluster-shard', { name: 'shard', server: 'https://shard', shard: 'two' }),
    ];
    const problems = clusterProblems(secrets);
    expect(problems.map(({ message }) => message)).toEqual([
      'Secret cluster-json: the config of cluster json in Secret cluster-json is not JSON. Correct the Secret',
      'Secret cluster-list: the config of cluster list in Secret cluster-list is not a JSON object. Correct the Secret',
      'Secret cluster-none: it names no server. Set stringData.server to the address of the API server',
      'Secret cluster-shard: shard "two" is not a whole number and is ignored',
      'Secret cluster-twin: https://good is registered by Secret cluster-good already, which is used',
      'Secret cluster-url: server "far.example" of cluster url is not a URL. Write it as https://host:port in Secret cluster-url',
    ]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
    expect(registeredClusters(secrets).find(({ facts }) => facts.server === 'https://good')?.secret).toBe(good);
  });
});
