import { DEFAULT_SETTINGS, DEFAULT_TRACKING, type Settings } from '@lockstep/core';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { eventually, json, ScriptedApiServer } from '../../tests/support/scripted-api-server.ts';
import type { ClusterConnection } from '../kubernetes/cluster-connection.ts';
import { Cluster } from './cluster.ts';

const configMaps = {
  resource: 'configmaps',
  responseKind: { group: '', version: 'v1', kind: 'ConfigMap' },
  scope: 'Namespaced',
  verbs: ['get', 'list', 'watch'],
};

const answers: Record<string, unknown> = {
  '/version': { gitVersion: 'v1.34.3' },
  '/api': {
    kind: 'APIGroupDiscoveryList',
    items: [{ metadata: {}, versions: [{ version: 'v1', resources: [configMaps] }] }],
  },
  '/api/v1/namespaces/kube-system': { metadata: { uid: 'a' } },
  '/apis': { kind: 'APIGroupDiscoveryList', items: [] },
};

function open(
  server: ScriptedApiServer,
  connection: ClusterConnection,
  ownsConnection: boolean,
  onState: (cluster: Cluster) => void = () => {},
  settings: () => Settings = () => DEFAULT_SETTINGS,
): Cluster {
  return new Cluster({
    connection,
    ownsConnection,
    facts: { server: server.url, name: 'far' },
    memory: { namespace: 'argocd', object: 'secret far', expected: () => undefined, remember: async () => {} },
    settings,
    lua: { run: async () => ({ type: 'nil' }) },
    logger: pino({ level: 'silent' }),
    onChange: () => {},
    onEvent: () => {},
    onState,
    patience: 50,
    retry: 100,
  });
}

it('reads everything again when the tracking of resources changes, and serves nothing meanwhile', async () => {
  const marked = {
    metadata: {
      name: 'a',
      namespace: 'shop',
      uid: 'u',
      resourceVersion: '1',
      labels: { [DEFAULT_TRACKING.labelKey]: 'web' },
    },
  };
  await using server = await new ScriptedApiServer((request, response) => {
    const answer =
      answers[request.url] ??
      (request.url.startsWith('/api/v1/configmaps?limit')
        ? { metadata: { resourceVersion: '1' }, items: [marked] }
        : undefined);
    if (answer !== undefined) json(response, answer);
  }).listen();
  await using connection = server.connect();
  let settings = DEFAULT_SETTINGS;
  await using cluster = open(server, connection, false, undefined, () => settings);
  expect(await cluster.settled(5_000)).toBe('ready');
  expect([...cluster.destination('web', { fence: () => {}, onWritten: () => {} }).ownedObjects('web')]).toEqual([]);

  cluster.reconfigure();
  expect(cluster.state).toBe('ready');

  settings = { ...settings, tracking: { ...settings.tracking, method: 'label' } };
  cluster.reconfigure();
  expect(() => cluster.destination('web', { fence: () => {}, onWritten: () => {} })).toThrow(/still being read/);
  expect(await cluster.settled(5_000)).toBe('ready');
  expect(
    [...cluster.destination('web', { fence: () => {}, onWritten: () => {} }).ownedObjects('web')].map(
      ({ metadata }) => metadata.name,
    ),
  ).toEqual(['a']);
});

it('asks no more after it was closed, even when it never got ready', async () => {
  await using server = await new ScriptedApiServer((request, response) => {
    const answer = answers[request.url];
    if (answer === undefined) json(response, { kind: 'Status', message: 'down' }, 500);
    else json(response, answer);
  }).listen();
  await using connection = server.connect();
  const cluster = open(server, connection, false);
  cluster.wake();
  await eventually('it lists', () => server.requests.some(({ url }) => url.startsWith('/api/v1/configmaps')));
  await cluster[Symbol.asyncDispose]();
  const before = server.requests.length;
  // Longer than the pause before its next attempt would have been.
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(server.requests.length).toBe(before);
});

it('is tried again after a pause when it cannot be read, however often somebody asks meanwhile', async () => {
  let isDown = true;
  await using server = await new ScriptedApiServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://cluster');
    if (isDown) json(response, { kind: 'Status', message: 'no' }, 500);
    else if (answers[pathname] !== undefined) json(response, answers[pathname]);
    else if (searchParams.has('watch')) response.writeHead(200).flushHeaders();
    else json(response, { metadata: { resourceVersion: '1' }, items: [] });
  }).listen();
  let asked = 0;
  // As the controller does: whoever is told asks soon.
  await using cluster = open(server, server.connect(), true, (changed) => {
    asked += 1;
    setImmediate(() => void changed.settled(1));
  });
  const started = performance.now();
  expect(await cluster.settled(5_000)).toBe('unreachable');
  await eventually('it is tried again', () => server.requests.length >= 3);
  const pauses = (performance.now() - started) / 100;
  expect(server.requests.length).toBeLessThanOrEqual(pauses + 1);
  expect(asked).toBeLessThanOrEqual(2 * (pauses + 1));
  isDown = false;
  await eventually('it is ready', () => cluster.state === 'ready');
});

it('says which kind holds up its start, and is ready as soon as that kind can be listed', async () => {
  let isBroken = true;
  await using server = await new ScriptedApiServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://cluster');
    if (answers[pathname] !== undefined) json(response, answers[pathname]);
    else if (isBroken) json(response, { kind: 'Status', message: 'conversion webhook is down' }, 500);
    else if (searchParams.has('watch')) response.writeHead(200).flushHeaders();
    else json(response, { metadata: { resourceVersion: '1' }, items: [] });
  }).listen();
  const states: string[] = [];
  await using cluster = open(server, server.connect(), true, ({ state }) => states.push(state));
  cluster.wake();
  await eventually('the wait is over', () => cluster.state === 'unreachable');
  await eventually('it says why', () => {
    try {
      cluster.destination('web', { fence: () => {}, onWritten: () => {} });
      return false;
    } catch (error) {
      const why = 'the live state of far is not complete; ConfigMap cannot be listed: conversion webhook is down';
      return error instanceof Error && error.message.includes(why);
    }
  });
  isBroken = false;
  await eventually('it is ready', () => cluster.state === 'ready');
  expect(states).toEqual(['starting', 'unreachable', 'ready']);
  expect(cluster.destination('web', { fence: () => {}, onWritten: () => {} }).kubeVersion).toBe('1.34.3');
});

it('lets nobody wait for long while its identity is looked at, and tells when that is known', async () => {
  let release: (() => void) | undefined;
  let isHanging = false;
  const watches = new Set<{ destroy(): void }>();
  await using server = await new ScriptedApiServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://cluster');
    if (isHanging && pathname.endsWith('/kube-system')) release = () => json(response, answers[pathname]);
    else if (answers[pathname] !== undefined) json(response, answers[pathname]);
    else if (searchParams.has('watch')) {
      watches.add(request.socket);
      response.writeHead(200).flushHeaders();
    } else json(response, { metadata: { resourceVersion: '1' }, items: [] });
  }).listen();
  let told = 0;
  await using cluster = open(server, server.connect(), true, () => {
    told += 1;
  });
  cluster.wake();
  await eventually('it is ready', () => cluster.state === 'ready' && watches.size > 0);
  await cluster.settled(1_000);
  isHanging = true;
  for (const socket of watches) socket.destroy();
  await eventually('it is looked at again', () => release !== undefined);
  const before = told;
  expect(await cluster.settled(20)).toBe('starting');
  expect(told).toBe(before);
  isHanging = false;
  release?.();
  await eventually('whoever asked is told', () => told > before);
  expect(await cluster.settled(1_000)).toBe('ready');
});
