/** One run of a rendering tool. Never through a shell. */
export interface ToolCommand {
  tool: 'helm' | 'kustomize' | 'jsonnet' | 'git';
  args: string[];
  /** Working directory, absolute. */
  cwd: string;
  /** Added to the tool's own minimal environment; nothing of the process is inherited. */
  env?: Record<string, string>;
  stdin?: string;
  timeoutSeconds: number;
  maxOutputBytes: number;
}

/**
 * Runs the real binaries with limits on time and output. Resolves with standard output; throws `RenderError` with the
 * tool's own message when it fails, is missing or exceeds a limit.
 */
export interface ToolRunner {
  run(command: ToolCommand): Promise<{ stdout: string; stderr: string }>;
  /** Name and version of a tool, part of every content key; undefined when it is not installed. */
  version(tool: ToolCommand['tool']): Promise<string | undefined>;
}
