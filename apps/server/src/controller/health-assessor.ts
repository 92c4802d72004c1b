import {
  allScripts,
  assessHealth,
  contentHash,
  type Health,
  healthOfLua,
  healthScriptFor,
  type KubernetesObject,
  type LuaAnswer,
  type LuaScript,
  type Settings,
} from '@lockstep/core';
import { LRUCache } from 'lru-cache';
import { LuaError } from '../tools/lua.ts';

export interface HealthAssessorOptions {
  settings: () => Settings;
  lua: { run(script: LuaScript, object: KubernetesObject): Promise<LuaAnswer> };
  /** A script answered for an object. `wasMissed`: somebody asked before and was told to wait. */
  onAnswer: (object: KubernetesObject, wasMissed: boolean) => void;
  /** A script that rested may be run again: ask anew for what it judged. */
  onRested: (check: string) => void;
}

interface Answer {
  health: Health | 'none';
  /** When the script hit a limit: until then this stands. */
  retryAt?: number;
}

interface Pending {
  answer: Promise<void>;
  wasMissed: boolean;
}

const MAX_ANSWERS = 50_000;
/** A slow script must not hold up a reconciliation; its answer brings the application back. */
const LONGEST_WAIT_MS = 2_000;
const WAITING: Health = { status: 'Progressing', message: 'waiting for the health script of argocd-cm' };

/**
 * Health on one cluster: the built-in checks at once, health scripts from what they answered for this version of the
 * object. Whoever compares makes sure of the answers with `ready`; whoever cannot wait is told later. Kinds without a
 * script cost one look-up.
 */
export class HealthAssessor implements Disposable {
  readonly #options: HealthAssessorOptions;
  readonly #answers = new LRUCache<string, Answer>({ max: MAX_ANSWERS });
  readonly #pending = new Map<string, Pending>();
  readonly #rests = new Map<string, NodeJS.Timeout>();
  #settings: Settings | undefined;
  #hasScripts = false;
  readonly #scripts = new Map<string, { script: LuaScript; check: string } | undefined>();

  constructor(options: HealthAssessorOptions) {
    this.#options = options;
  }

  /** The health of a live object. Without its answer yet: Progressing, so that no wave passes by it. */
  assess(object: KubernetesObject): Health | undefined {
    return this.#assess(object, () => {
      const pending = this.#pending.get(this.#idOf(object));
      if (pending !== undefined) pending.wasMissed = true;
      return WAITING;
    });
  }

  /** The health to show; `before` (what was shown so far) stands while the answer is awaited. */
  show(object: KubernetesObject, before: Health | undefined): Health | undefined {
    return this.#assess(object, () => before ?? WAITING);
  }

  /** Names what judges a kind: another name after the settings changed means that its objects must be judged again. */
  checkOf(object: Pick<KubernetesObject, 'apiVersion' | 'kind'>): string | undefined {
    return this.#scriptOf(object)?.check;
  }

  /** Resolves when the scripts answered for these objects, at the latest after two seconds. */
  async ready(...groups: Iterable<KubernetesObject>[]): Promise<void> {
    this.#readSettings();
    if (!this.#hasScripts) return;
    const pending = new Set<Promise<void>>();
    for (const objects of groups) {
      for (const object of objects) {
        if (this.#scriptOf(object) === undefined) continue;
        this.#answerOf(object);
        const running = this.#pending.get(this.#idOf(object));
        if (running !== undefined) pending.add(running.answer);
      }
    }
    if (pending.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LONGEST_WAIT_MS);
    });
    await Promise.race([Promise.all(pending), late]);
    clearTimeout(timer);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#rests.values()) clearTimeout(timer);
    this.#rests.clear();
  }

  #assess(object: KubernetesObject, waiting: () => Health): Health | undefined {
    if (this.#scriptOf(object) === undefined) return assessHealth(object);
    return assessHealth(object, () => this.#answerOf(object)?.health ?? waiting());
  }

  /** The answer for this version of an object; without one, or with one that may be too old, the script is asked. */
  #answerOf(object: KubernetesObject): Answer | undefined {
    const id = this.#idOf(object);
    const known = this.#answers.get(id);
    const stands = known !== undefined && (known.retryAt === undefined || known.retryAt > Date.now());
    if (!stands && !this.#pending.has(id)) {
      const pending: Pending = { answer: this.#ask(id, object), wasMissed: false };
      this.#pending.set(id, pending);
    }
    return known;
  }

  async #ask(id: string, object: KubernetesObject): Promise<void> {
    const { script, check } = this.#scriptOf(object) as { script: LuaScript; check: string };
    const answer = await this.#run(script, object);
    const wasMissed = this.#pending.get(id)?.wasMissed === true;
    this.#pending.delete(id);
    this.#answers.set(id, answer);
    if (answer.retryAt !== undefined) this.#wakeAfterRest(check, answer.retryAt);
    this.#options.onAnswer(object, wasMissed);
  }

  async #run(script: LuaScript, object: KubernetesObject): Promise<Answer> {
    try {
      return { health: healthOfLua(await this.#options.lua.run(script, withoutDeletion(object))) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const retryAt = error instanceof LuaError ? error.retryAt : undefined;
      return {
        health: { status: 'Unknown', message: `health script for ${script.kind} in argocd-cm: ${reason}` },
        ...(retryAt === undefined ? {} : { retryAt }),
      };
    }
  }

  #wakeAfterRest(check: string, at: number): void {
    if (this.#rests.has(check)) return;
    const timer = setTimeout(
      () => {
        this.#rests.delete(check);
        this.#options.onRested(check);
      },
      Math.max(0, at - Date.now()) + 10,
    );
    timer.unref();
    this.#rests.set(check, timer);
  }

  #scriptOf({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>) {
    this.#readSettings();
    if (!this.#hasScripts) return undefined;
    const name = `${apiVersion}/${kind}`;
    if (this.#scripts.has(name)) return this.#scripts.get(name);
    const script = healthScriptFor(this.#options.settings(), { apiVersion, kind });
    const found =
      script === undefined ? undefined : { script, check: contentHash(`${script.openLibs} ${script.source}`) };
    this.#scripts.set(name, found);
    return found;
  }

  #readSettings(): void {
    const settings = this.#options.settings();
    if (settings === this.#settings) return;
    this.#settings = settings;
    this.#scripts.clear();
    this.#hasScripts = allScripts(settings).some(({ name }) => name === 'health.lua');
  }

  #idOf(object: KubernetesObject): string {
    const { uid, resourceVersion } = object.metadata;
    const version =
      uid === undefined || resourceVersion === undefined ? contentHash(object) : `${uid} ${resourceVersion}`;
    return `${version} ${this.#scriptOf(object)?.check ?? ''}`;
  }
}

/** That an object is being deleted is judged before any script; a hook that only waits for us keeps its result. */
function withoutDeletion(object: KubernetesObject): KubernetesObject {
  if (object.metadata.deletionTimestamp === undefined) return object;
  const { deletionTimestamp: _at, deletionGracePeriodSeconds: _grace, ...metadata } = object.metadata;
  return { ...object, metadata };
}
