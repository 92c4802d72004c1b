import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The whole product, as `npm start` starts it; two cores carry one test file at a time. */
export default defineConfig({
  test: {
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'engine',
          include: ['e2e/tests/**/*.test.ts'],
          exclude: ['e2e/tests/dashboard.test.ts'],
          globalSetup: [fileURLToPath(new URL('shared-world.ts', import.meta.url))],
        },
      },
      { extends: true, test: { name: 'dashboard', include: ['e2e/tests/dashboard.test.ts'] } },
    ],
  },
});
