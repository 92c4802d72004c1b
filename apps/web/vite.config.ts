import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Where the dev server forwards the API to: a running Lockstep server, or dev/mock-server.ts. */
const api = process.env['LOCKSTEP_API'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // Relative, so that one build serves any sub-path; index.html carries the <base href>.
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: { target: 'es2023', cssTarget: 'chrome123', sourcemap: true, chunkSizeWarningLimit: 4000 },
  server: {
    proxy: {
      '/api': { target: api, ws: true },
      '/auth': { target: api },
    },
  },
  test: {
    name: 'web',
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['./src/test-setup.ts'],
    css: false,
  },
});
