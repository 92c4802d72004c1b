// npm start: installs and builds what changed, then hands over to the launcher (packages/embedded), in this process.
import { buildAll } from './build.mjs';
import { installWorkspace, requireSystemCommand, requireTools } from './prepare.mjs';

process.chdir(new URL('..', import.meta.url).pathname);
requireTools();
if (!process.argv.includes('--help')) {
  const { REDIS_URL } = process.env;
  if (REDIS_URL === undefined || REDIS_URL === '') {
    requireSystemCommand(['redis-server', 'valkey-server'], {
      debianPackage: 'redis-server',
      why: 'queues and caches; nothing durable lives in it',
      elsewhere:
        'Install Redis 6.2 or later (macOS: brew install redis; Fedora: dnf install valkey), or set REDIS_URL to one that runs.',
    });
  }
}
installWorkspace();
await buildAll();
await import('../packages/embedded/dist/main.js');
