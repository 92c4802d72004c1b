import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '../src/index.ts';
import { type ToolVersion, toolBinary } from './tool-binary.ts';

interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface StockClient {
  /** A folder of its own, for manifests and charts. */
  folder: string;
  /** Runs kubectl and gives what it printed; rejects when it fails. */
  kubectl(...args: string[]): Promise<string>;
  /** Runs kubectl with text on its standard input. */
  kubectlWith(input: string, ...args: string[]): Promise<string>;
  /** Runs kubectl whatever its exit code. */
  tryKubectl(...args: string[]): Promise<CommandResult>;
  helm(...args: string[]): Promise<string>;
  write(name: string, text: string): string;
  dispose(): void;
}

/** Stock binaries pointed at a sandbox, with a home of their own: kubectl caches discovery there, per host and port. */
export async function stockClient(sandbox: Sandbox, version: ToolVersion): Promise<StockClient> {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-client-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, sandbox.kubeconfig());
  mkdirSync(join(folder, 'home'));
  const environment = { HOME: join(folder, 'home'), KUBECONFIG: kubeconfig, PATH: '/usr/bin:/bin' };
  const binaries = { kubectl: await toolBinary('kubectl', version), helm: await toolBinary('helm', version) };
  const run = (tool: 'kubectl' | 'helm', args: string[], input?: string): Promise<CommandResult> =>
    new Promise((resolve) => {
      const child = execFile(
        binaries[tool],
        args,
        { env: environment, cwd: folder, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
        },
      );
      child.stdin?.end(input ?? '');
    });
  const mustRun = async (tool: 'kubectl' | 'helm', args: string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await run(tool, args, input);
    if (code !== 0) throw new Error(`${tool} ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`);
    return stdout;
  };
  return {
    folder,
    kubectl: (...args) => mustRun('kubectl', args),
    kubectlWith: (input, ...args) => mustRun('kubectl', args, input),
    tryKubectl: (...args) => run('kubectl', args),
    helm: (...args) => mustRun('helm', args),
    write: (name, text) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
