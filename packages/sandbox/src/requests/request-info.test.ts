import { describe, expect, it } from 'vitest';
import { requestInfo } from './request-info.ts';

function info(method: string, path: string): unknown {
  return requestInfo(method, new URL(path, 'https://sandbox'));
}

describe('requestInfo', () => {
  it.each([
    [
      'GET',
      '/api/v1/namespaces/a/pods/x/log',
      { verb: 'get', group: '', version: 'v1', namespace: 'a', plural: 'pods', name: 'x', subresource: 'log' },
    ],
    [
      'GET',
      '/apis/apps/v1/deployments?watch=1',
      { verb: 'watch', group: 'apps', namespace: '', plural: 'deployments', name: '' },
    ],
    ['GET', '/api/v1/namespaces/a', { verb: 'get', namespace: 'a', plural: 'namespaces', name: 'a' }],
    [
      'PUT',
      '/api/v1/namespaces/a/finalize',
      { verb: 'update', namespace: 'a', plural: 'namespaces', name: 'a', subresource: 'finalize' },
    ],
    ['DELETE', '/apis/batch/v1/namespaces/a/jobs', { verb: 'deletecollection', plural: 'jobs' }],
    [
      'POST',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles',
      { verb: 'create', plural: 'clusterroles', namespace: '' },
    ],
    [
      'PATCH',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3AMy-Role',
      { verb: 'patch', name: 'system:My-Role' },
    ],
  ])('%s %s', (method, path, expected) => {
    expect(info(method, path)).toMatchObject({ isResource: true, ...expected });
  });

  it.each(['/api', '/apis', '/api/v1', '/apis/apps/v1', '/version', '/openapi/v3'])(
    '%s is a path, no resource',
    (path) => {
      expect(info('GET', path)).toEqual({ isResource: false, verb: 'get', path });
    },
  );
});
