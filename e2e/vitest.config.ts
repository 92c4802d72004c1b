import { defineConfig } from 'vitest/config';

/** The whole product, as `npm start` starts it, one world per file; two cores carry one world at a time. */
export default defineConfig({
  test: {
    include: ['e2e/tests/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
