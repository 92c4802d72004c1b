import { defineConfig } from 'vitest/config';

/** Unit and integration tests of every package; the browser suite has its own configuration in e2e/. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          include: [
            'packages/*/src/**/*.test.ts',
            'packages/*/tests/**/*.test.ts',
            'apps/server/{src,tests}/**/*.test.ts',
            'scripts/*.test.ts',
          ],
          environment: 'node',
          // No test changes what modules share, and loading them anew for each file costs as much as the tests.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      'apps/web/vite.config.ts',
    ],
  },
});
