import { type TestCluster, World } from '@lockstep/testkit';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    world: { directory: string; cluster: TestCluster };
  }
}

/**
 * Starts one world for all files of the suite that need no demonstration: each has applications and a repository of its
 * own in it. KEEP_WORLD=1 leaves its folder with the logs of every process.
 */
export default async function startSharedWorld({ provide }: TestProject): Promise<() => Promise<void>> {
  const world = await World.start();
  provide('world', world.provided);
  return async () => {
    const keep = process.env['KEEP_WORLD'] === '1';
    if (keep) console.log(`kept ${world.directory}`);
    await world.close({ keep });
  };
}
