import { installKubeBinaries } from './kube-binaries.ts';

try {
  await installKubeBinaries((line) => console.log(line));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
