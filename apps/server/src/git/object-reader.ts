import { type ChildProcess, spawn } from 'node:child_process';
import { RenderError } from '@lockstep/core';
import { type GitOptions, gitArguments, gitEnvironment } from './git-command.ts';

interface Waiting {
  resolve: (answer: { id: string; type: string; content: Buffer } | undefined) => void;
  reject: (error: Error) => void;
  wantsContent: boolean;
}

const MAX_OBJECT = 64 * 1024 * 1024;

/**
 * One long-lived `git cat-file --batch-command` per repository: names are resolved and objects read without starting a
 * process. It sees what a fetch brings, because git looks for new packs when an object is missing and reads refs anew.
 */
export class ObjectReader implements Disposable {
  readonly #options: GitOptions;
  readonly #gitDirectory: string;
  #child: ChildProcess | undefined;
  #waiting: Waiting[] = [];
  #chunks: Buffer[] = [];
  #length = 0;
  #expected: { id: string; type: string; size: number } | undefined;

  constructor(options: GitOptions, gitDirectory: string) {
    this.#options = options;
    this.#gitDirectory = gitDirectory;
  }

  /** What a name (ref, id, `ref^{commit}`) stands for; undefined when the repository does not have it. */
  async resolve(name: string): Promise<{ id: string; type: string } | undefined> {
    return this.#ask(`info ${name}`, false);
  }

  /** The bytes of an object. Throws when it is missing. */
  async read(id: string): Promise<Buffer> {
    const answer = await this.#ask(`contents ${id}`, true);
    if (answer === undefined)
      throw new RenderError('ObjectMissing', `object ${id} is not in the repository`, {
        fix: 'Refresh the application with "hard"',
      });
    return answer.content;
  }

  [Symbol.dispose](): void {
    this.#child?.kill('SIGKILL');
    this.#end(new RenderError('GitStopped', 'the repository was closed'));
  }

  #ask(command: string, wantsContent: boolean): Promise<{ id: string; type: string; content: Buffer } | undefined> {
    if (/[\n\r\0]/.test(command)) return Promise.resolve(undefined);
    const child = this.#start();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, wantsContent });
      child.stdin?.write(`${command}\n`);
    });
  }

  #start(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    const child = spawn(
      this.#options.git,
      gitArguments(this.#options, this.#gitDirectory, ['cat-file', '--batch-command']),
      {
        env: gitEnvironment(this.#options),
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    child.stdin.on('error', () => {});
    const end = (): void => {
      if (this.#child === child) this.#end(new RenderError('GitStopped', 'git cat-file ended'));
    };
    child.once('error', end);
    child.once('close', end);
    this.#child = child;
    return child;
  }

  #end(error: Error): void {
    this.#child = undefined;
    this.#chunks = [];
    this.#length = 0;
    this.#expected = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#next()) {
      // One answer after the other, as far as the bytes reach.
    }
  }

  /** Takes one answer off the buffer: a line, and for `contents` the bytes it announces and a newline. */
  #next(): boolean {
    const waiting = this.#waiting[0];
    if (waiting === undefined) return false;
    if (this.#expected === undefined) {
      const buffer = this.#join();
      const newline = buffer.indexOf(10);
      if (newline < 0) return false;
      const words = buffer.subarray(0, newline).toString('utf8').split(' ');
      this.#keep(buffer.subarray(newline + 1));
      // "<name> missing", "<name> ambiguous" and errors have another shape than "<id> <type> <size>".
      const [id = '', type = '', size = ''] = words.slice(-3);
      if (words.length !== 3 || !/^[0-9a-f]{40,64}$/.test(id) || !/^\d+$/.test(size)) {
        this.#waiting.shift();
        waiting.resolve(undefined);
        return true;
      }
      if (!waiting.wantsContent) {
        this.#waiting.shift();
        waiting.resolve({ id, type, content: Buffer.alloc(0) });
        return true;
      }
      this.#expected = { id, type, size: Number(size) };
      if (this.#expected.size > MAX_OBJECT) {
        this.#child?.kill('SIGKILL');
        this.#end(new RenderError('ObjectTooLarge', `object ${id} has ${size} bytes; at most ${MAX_OBJECT} are read`));
        return false;
      }
    }
    const { id, type, size } = this.#expected;
    if (this.#length < size + 1) return false;
    const buffer = this.#join();
    const content = Buffer.from(buffer.subarray(0, size));
    this.#keep(buffer.subarray(size + 1));
    this.#expected = undefined;
    this.#waiting.shift();
    waiting.resolve({ id, type, content });
    return true;
  }

  #join(): Buffer {
    const buffer = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#length);
    this.#chunks = [buffer];
    return buffer;
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
  }
}
