export { importExamples } from './example-repositories.ts';
export { createBareRepository, git } from './git-repository.ts';
export { type GitServer, type PushedRef, startGitServer } from './git-server.ts';
export { type DirectoryUser, type IdentityProvider, startIdentityProvider } from './identity-provider.ts';
export { ApiServerError, type KubeconfigClient, openKubeconfig, waitForApiServer } from './kubeconfig-client.ts';
export { freePort } from './ports.ts';
export { type RedisServer, startRedis } from './redis.ts';
export type { Summary } from './summary.ts';
export { waitUntilReady } from './wait-until-ready.ts';
