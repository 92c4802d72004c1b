import { describe, expect, it } from 'vitest';
import type { Secret } from './control-plane.ts';
import { repositorySettings } from './repository-credentials.ts';

const secret = (type: 'repository' | 'repo-creds', data: Record<string, string>): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'x', labels: { 'argocd.argoproj.io/secret-type': type } },
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
});
const trust = { knownHosts: 'example.org ssh-ed25519 AAAA', certificates: { 'example.org': 'PEM' } };
const of = (url: string, secrets: Secret[], project = 'default') => repositorySettings(url, project, secrets, trust);

describe('repository credentials', () => {
  it('come from the entry of the project before the one of no project', () => {
    const secrets = [
      secret('repository', { url: 'https://example.org/team/app', username: 'shared', password: 'p' }),
      secret('repository', { url: 'https://example.org/team/app.git', username: 'own', password: 'p', project: 'web' }),
    ];
    expect(of('https://Example.org/team/app', secrets, 'web').credentials.username).toBe('own');
    expect(of('https://example.org/team/app', secrets, 'other').credentials.username).toBe('shared');
  });

  it('come from the longest template when the entry has none, or when there is no entry', () => {
    const secrets = [
      secret('repo-creds', { url: 'https://example.org', username: 'short', password: 'p' }),
      secret('repo-creds', { url: 'https://example.org/team', username: 'long', password: 'p' }),
      secret('repository', { url: 'https://example.org/team/app', insecure: 'true' }),
    ];
    expect(of('https://example.org/team/app', secrets).credentials).toMatchObject({ username: 'long', insecure: true });
    expect(of('https://example.org/team/unknown', secrets).credentials.username).toBe('long');
    expect(of('https://other.org/x', secrets).credentials).toEqual({});
  });

  it('bring the trust of the host: certificates for HTTPS, known hosts for SSH', () => {
    expect(of('https://example.org/a', []).credentials).toEqual({ caData: 'PEM' });
    expect(of('git@example.org:a.git', []).credentials).toEqual({ knownHosts: trust.knownHosts });
  });

  it('know Helm and OCI repositories', () => {
    const secrets = [secret('repository', { url: 'https://charts.example.org', type: 'helm', enableOCI: 'true' })];
    expect(of('https://charts.example.org', secrets)).toMatchObject({ type: 'helm', enableOCI: true });
    expect(of('oci://registry.example.org/charts', secrets).type).toBe('oci');
  });
});
