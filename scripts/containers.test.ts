import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';

const yaml = createRequire(new URL('../packages/embedded/package.json', import.meta.url))('js-yaml') as {
  load(text: string): unknown;
};

interface Service {
  entrypoint?: string[];
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  depends_on?: Record<string, unknown>;
  volumes?: string[];
}
const compose = yaml.load(readFileSync('docker-compose.yml', 'utf8')) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const dockerfile = readFileSync('Dockerfile', 'utf8');
const sources = {
  server: readFileSync('apps/server/src/config/config.ts', 'utf8'),
  sandbox: readFileSync('packages/sandbox/src/main.ts', 'utf8'),
};

/** Names in an options table of node:util's parseArgs. */
function declaredFlags(source: string): string[] {
  return [...source.matchAll(/^\s*'?([a-z][a-z-]*)'?: \{ type: '(?:string|boolean)'/gm)].map(
    (match) => match[1] as string,
  );
}

const flagsOf = (service: Service): string[] =>
  (service.command ?? []).filter((word) => word.startsWith('--')).map((word) => word.slice(2).split('=')[0] as string);

const flagValue = (service: Service, name: string): string | undefined =>
  service.command?.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];

describe('docker-compose.yml', () => {
  const roles = ['api', 'controller', 'renderer'];

  test.each(roles)('%s starts that role with flags the server declares', (role) => {
    const service = compose.services[role] as Service;
    expect(service.command?.[0]).toBe('serve');
    expect(flagValue(service, 'roles')).toBe(role);
    expect(declaredFlags(sources.server)).toEqual(expect.arrayContaining(flagsOf(service)));
    expect(service.depends_on).toHaveProperty('redis');
  });

  test('the sandbox is started with flags it declares', () => {
    expect(declaredFlags(sources.sandbox)).toEqual(
      expect.arrayContaining(flagsOf(compose.services['sandbox'] as Service)),
    );
  });

  test.each(roles)('every variable that %s is given is read by the server', (role) => {
    for (const name of Object.keys(compose.services[role]?.environment ?? {}))
      expect(sources.server).toContain(`'${name}'`);
  });

  test('published ports are the ones the API listens on', () => {
    const api = compose.services['api'] as Service;
    expect(api.ports).toEqual([`${flagValue(api, 'port')}:${flagValue(api, 'port')}`]);
  });

  test('the renderer is given no cluster', () => {
    const renderer = compose.services['renderer'] as Service;
    expect(flagsOf(renderer)).not.toContain('kubeconfig');
    expect(renderer.volumes?.join()).not.toContain('cluster');
  });

  test('every named volume is declared', () => {
    for (const service of Object.values(compose.services)) {
      for (const volume of service.volumes ?? []) {
        const name = volume.split(':')[0] as string;
        if (/^[a-z]+$/.test(name)) expect(compose.volumes).toHaveProperty(name);
      }
    }
  });
});

describe('Dockerfile', () => {
  test('starts the bundle that the build makes, with roles the server knows', () => {
    const build = readFileSync('scripts/build.mjs', 'utf8');
    expect(dockerfile).toContain('"server/dist/main.js"');
    expect(build).toContain("'apps/server/dist/main.js'");
    const roles = /--roles=([a-z,]+)/.exec(dockerfile)?.[1]?.split(',') ?? [];
    expect(roles.length).toBeGreaterThan(0);
    for (const role of roles) expect(sources.server).toMatch(new RegExp(`'${role}'`));
  });

  test('names the package manager that the scripts pin', () => {
    const pinned = /pnpm = '(pnpm@[\d.]+)'/.exec(readFileSync('scripts/prepare.mjs', 'utf8'))?.[1];
    const named = new Set([...dockerfile.matchAll(/pnpm@[\d.]+/g)].map(([text]) => text));
    expect([...named]).toEqual([pinned]);
  });

  test('copies nothing that does not exist', () => {
    for (const [, path] of dockerfile.matchAll(/cp -r (\S+)\/dist/g)) expect(existsSync(path as string)).toBe(true);
  });

  test('does not run as root', () => {
    expect(dockerfile).toMatch(/^USER 1000/m);
  });
});
