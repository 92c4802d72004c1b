import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { until, World } from '@lockstep/testkit';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

let world: World;
let browser: Browser;
/** Of somebody who signed in as admin. */
let admin: BrowserContext;
let page: Page;
let problems: string[];

beforeAll(async () => {
  world = await World.start({ demo: true });
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  admin = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await admin.newPage();
  await signIn();
  await page.close();
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

beforeEach(async () => {
  page = await admin.newPage();
  page.setDefaultTimeout(30_000);
  problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') {
    await page.screenshot({ path: `e2e/failures/${task.name.replace(/[^a-z0-9]+/gi, '-')}.png` });
  }
  await page.close();
  expect(problems).toEqual([]);
});

async function signIn(): Promise<void> {
  await page.goto(`${world.summary.url}/applications`);
  await page.getByLabel('Username').fill('admin');
  await page.getByLabel('Password', { exact: true }).fill(world.summary.adminPassword ?? '');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('table', { name: 'Applications' }).waitFor();
}

const row = (name: string): Locator =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
const open = (name: string, search = ''): Promise<unknown> =>
  page.goto(`${world.summary.url}/applications/argocd/${name}${search}`);
const sees = (locator: Locator, text: RegExp | string): Promise<void> =>
  locator.filter({ hasText: text }).first().waitFor({ timeout: 60_000 });

const productionWeb = '/apis/apps/v1/namespaces/shop-production/deployments/production-web';

async function replicasOf(path: string): Promise<number | undefined> {
  const object = await (await world.cluster()).get(path);
  return (object?.['spec'] as { replicas?: number } | undefined)?.replicas;
}

describe('live, without reload', () => {
  beforeEach(() => page.goto(`${world.summary.url}/applications`));

  test('an OutOfSync application is synced by a click and turns Healthy', async () => {
    await sees(row('shop-staging'), 'Missing');
    await row('shop-staging').getByRole('button', { name: 'Sync shop-staging' }).click();
    const plan = page.getByRole('dialog', { name: 'Plan for shop-staging' });
    await sees(plan, 'staging-web');
    await plan.getByRole('button', { name: /Apply plan/ }).click();
    await plan.waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'Applications', exact: true }).first().click();
    await sees(row('shop-staging'), 'Healthy');
    await sees(row('shop-staging'), 'Synced');
  });

  test('a push to the demonstration repository is applied', async () => {
    await sees(row('shop-production'), 'Healthy');
    const shop = await world.repository('shop');
    const file = 'overlays/production/replicas.yaml';
    const text = await readFile(`${shop.folder}/${file}`, 'utf8');
    const commit = await shop.push({ [file]: text.replace('replicas: 3', 'replicas: 2') });
    await sees(row('shop-production'), commit.slice(0, 7));
    await sees(row('shop-production'), 'Healthy');
    expect(await replicasOf(productionWeb)).toBe(2);
  });

  test('a scale by hand is reverted, and the drift was seen', async () => {
    await open('shop-production', '?tab=history');
    const cluster = await world.cluster();
    const wanted = await replicasOf(productionWeb);
    await cluster.request('PATCH', `${productionWeb}/scale`, { spec: { replicas: 7 } }, 'application/merge-patch+json');
    await until(async () => (await replicasOf(productionWeb)) === wanted, {
      what: 'the scale to be reverted',
    });
    const app = await until(
      async () => {
        const { status } = await world.api.get<{
          status: {
            operationState?: {
              operation?: { initiatedBy?: { automated?: boolean }; sync?: { resources?: { name: string }[] } };
            };
          };
        }>('/api/v1/applications/shop-production');
        return status.operationState?.operation?.sync?.resources?.some(({ name }) => name === 'production-web')
          ? status
          : undefined;
      },
      { what: 'the healing to be recorded' },
    );
    expect(app.operationState?.operation?.initiatedBy?.automated).toBe(true);
  });

  test('a failing image shows Degraded with its reason', async () => {
    await sees(row('catalogue'), 'Degraded');
    await row('catalogue').getByRole('link', { name: 'catalogue', exact: true }).click();
    await sees(page.locator('main'), 'Degraded');
    await open('catalogue', '?tab=resources&view=list');
    await sees(page.locator('main'), /ImagePullBackOff|ErrImagePull|exceeded its progress deadline/);
  });

  test('rollback to the previous entry works and says that it holds', async () => {
    await open('shop-production', '?tab=history');
    await page.getByRole('button', { name: 'Roll back' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Roll back shop-production' });
    await sees(dialog, 'production-web');
    await dialog.getByLabel(/reason|why/i).fill('the new replica count is wrong');
    await dialog.getByRole('button', { name: /Roll back and hold/ }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('region', { name: 'Held' }).waitFor();
    await until(async () => (await replicasOf(productionWeb)) === 3, { what: 'the earlier deployment' });
  });
});

describe('what a person can reach', () => {
  test('a deep link opens the resource drawer with its diff, live manifest, events and logs', async () => {
    await open('payments-production', '?node=apps/StatefulSet/payments-production/payments');
    const drawer = page
      .getByRole('dialog', { name: 'StatefulSet payments' })
      .or(page.getByRole('complementary', { name: 'StatefulSet payments' }));
    await drawer.waitFor();
    for (const tab of ['Live', 'Desired', 'Events', 'Logs']) {
      await drawer.getByRole('tab', { name: new RegExp(`^${tab}`) }).click();
      await drawer.getByRole('tabpanel').waitFor();
    }
  });

  test('single sign-on brings a developer in who may not sync production', async () => {
    const context = await browser.newContext();
    const other = await context.newPage();
    const developer = world.summary.oidcUsers.find(({ username }) => username === 'developer');
    await other.goto(`${world.summary.url}/applications/argocd/shop-production`);
    await other.getByRole('link', { name: /Continue with/ }).click();
    await other.getByLabel('User name').fill('developer');
    await other.getByLabel('Password').fill(developer?.password ?? '');
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.waitForURL(/applications\/argocd\/shop-production/);
    const sync = other.getByRole('button', { name: /^Sync/ }).first();
    await sync.waitFor();
    expect(await sync.getAttribute('aria-disabled')).toBe('true');
    await context.close();
  });
});

describe('accessibility', () => {
  const axe = createRequire(import.meta.url).resolve('axe-core');
  const routes = [
    '/applications',
    '/applications/argocd/release',
    '/applications/argocd/release?tab=history',
    '/settings/clusters',
  ];

  test.each(routes.flatMap((route) => [[route, 'light'] as const, [route, 'dark'] as const]))(
    '%s has no serious violation in %s',
    async (route, scheme) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      // Before the page's own scripts: its content security policy refuses a script element.
      await page.addInitScript({ path: axe });
      await page.goto(`${world.summary.url}${route}`);
      await page.locator('main').waitFor();
      const found = await page.evaluate(async () => {
        const { axe: engine } = globalThis as unknown as {
          axe: {
            run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
          };
        };
        const { violations } = await engine.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] });
        return violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
      });
      expect(found).toEqual([]);
    },
  );
});
