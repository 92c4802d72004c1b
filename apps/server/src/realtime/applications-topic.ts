import type { ApplicationRow } from '@lockstep/contract';
import type { Application } from '@lockstep/core';
import { applicationRow } from '../api/applications/presenter.ts';
import type { Authorizer } from '../api/authorizer.ts';
import type { PolicySource } from '../settings/policy-source.ts';
import type { ApplicationStore } from '../store/application-store.ts';
import { ChangeLog } from './change-log.ts';
import { diffJson, escapeKey } from './diff-json.ts';
import { addressed, reset, type Subscription, type Topic } from './subscription.ts';

/** Changes within this time travel together: a browser renders a few times a second anyway. */
const COALESCE_MS = 50;
const CHANGES_KEPT = 2_000;

/** What happened to one application's row. The texts are the operations of a patch, serialised once for everybody. */
interface RowChange {
  before: Application | undefined;
  after: Application | undefined;
  changed: string;
  added: string;
  removed: string;
}

interface Entry {
  changes: RowChange[];
  policyVersion: number;
}

const rowTexts = new WeakMap<ApplicationRow, string>();

/**
 * The list of applications, live. Everybody sees the rows the policy allows, decided anew for each change: an application
 * that moves out of sight is removed, one that comes into sight is added.
 */
export class ApplicationsTopic implements Topic, Disposable {
  readonly #store: ApplicationStore;
  readonly #authorizer: Authorizer;
  readonly #policy: PolicySource;
  readonly #subscriptions = new Set<Subscription>();
  readonly #log = new ChangeLog<Entry>(CHANGES_KEPT);
  /** Per application what subscribers know of it, while a change waits to be sent. */
  readonly #pending = new Map<string, Application | undefined>();
  readonly #stop: (() => void)[];
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: { store: ApplicationStore; authorizer: Authorizer; policy: PolicySource }) {
    this.#store = parts.store;
    this.#authorizer = parts.authorizer;
    this.#policy = parts.policy;
    this.#stop = [
      parts.store.onChange((change) => {
        const key = keyOf(change.item);
        const before =
          change.type === 'modified' ? change.previous : change.type === 'deleted' ? change.item : undefined;
        if (!this.#pending.has(key)) this.#pending.set(key, before);
        this.#timer ??= setTimeout(() => this.#flush(), COALESCE_MS);
      }),
      parts.policy.onChange(() => this.#permissionsChanged()),
    ];
  }

  subscribe(subscription: Subscription, from: string | undefined): void {
    // What waits belongs to everybody who is here already; the newcomer reads the result.
    this.#flush();
    const missed = from === undefined ? undefined : this.#log.since(from);
    const { position } = this.#log;
    const canResume = missed?.every(({ policyVersion }) => policyVersion === this.#policy.version) ?? false;
    const mode = missed !== undefined && canResume ? 'resume' : 'snapshot';
    subscription.send(addressed(subscription, `"op":"ok","rev":"${position}","mode":"${mode}"`));
    if (mode === 'resume') {
      for (const entry of missed ?? []) this.#sendEntry(subscription, entry, position, new Map());
    } else {
      const rows: string[] = [];
      for (const application of this.#store.list()) {
        if (!this.#authorizer.maySee(subscription.identity, application)) continue;
        rows.push(`${JSON.stringify(keyOf(application))}:${rowText(application)}`);
      }
      subscription.send(
        addressed(subscription, `"rev":"${position}","op":"snapshot","data":{"items":{${rows.join(',')}}}`),
      );
    }
    this.#subscriptions.add(subscription);
  }

  unsubscribe(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const stop of this.#stop) stop();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.size === 0) return;
    const changes: RowChange[] = [];
    for (const [key, before] of this.#pending) {
      const slash = key.indexOf('/');
      const after = this.#store.get({ namespace: key.slice(0, slash), name: key.slice(slash + 1) });
      const change = rowChange(key, before, after);
      if (change !== undefined) changes.push(change);
    }
    this.#pending.clear();
    if (changes.length === 0) return;
    const entry: Entry = { changes, policyVersion: this.#policy.version };
    const position = this.#log.append(entry);
    const shared = new Map<string, string>();
    for (const subscription of [...this.#subscriptions]) this.#sendEntry(subscription, entry, position, shared);
  }

  /** `shared` keeps what was joined for a set of visible changes, so that those who see the same get the same text. */
  #sendEntry(subscription: Subscription, entry: Entry, position: string, shared: Map<string, string>): void {
    let view = '';
    const operations: string[] = [];
    for (const change of entry.changes) {
      const saw = change.before !== undefined && this.#authorizer.maySee(subscription.identity, change.before);
      const sees = change.after !== undefined && this.#authorizer.maySee(subscription.identity, change.after);
      const text = saw ? (sees ? change.changed : change.removed) : sees ? change.added : '';
      view += saw ? (sees ? 'c' : 'r') : sees ? 'a' : '-';
      if (text !== '') operations.push(text);
    }
    if (operations.length === 0) return;
    let message = shared.get(view);
    if (message === undefined) {
      message = `"rev":"${position}","op":"patch","patch":[${operations.join(',')}]`;
      shared.set(view, message);
    }
    subscription.send(addressed(subscription, message));
  }

  /** Which rows each may see is decided anew: everybody starts over. */
  #permissionsChanged(): void {
    for (const subscription of [...this.#subscriptions]) {
      this.#subscriptions.delete(subscription);
      reset(subscription, 'permissions');
    }
  }
}

function rowChange(
  key: string,
  before: Application | undefined,
  after: Application | undefined,
): RowChange | undefined {
  const path = `/items/${escapeKey(key)}`;
  const operations = (list: readonly unknown[]): string => list.map((operation) => JSON.stringify(operation)).join(',');
  let changed = '';
  if (before !== undefined && after !== undefined) {
    const patch = diffJson(applicationRow(before), applicationRow(after));
    changed = operations(patch.map((operation) => ({ ...operation, path: path + operation.path })));
    const isSamePlace = applicationRow(before).project === applicationRow(after).project;
    if (patch.length === 0 && isSamePlace) return undefined;
  }
  return {
    before,
    after,
    changed,
    added: after === undefined ? '' : `{"op":"add","path":${JSON.stringify(path)},"value":${rowText(after)}}`,
    removed: operations([{ op: 'remove', path }]),
  };
}

function rowText(application: Application): string {
  const row = applicationRow(application);
  let text = rowTexts.get(row);
  if (text === undefined) {
    text = JSON.stringify(row);
    rowTexts.set(row, text);
  }
  return text;
}

function keyOf(application: Application): string {
  return `${application.metadata.namespace ?? ''}/${application.metadata.name ?? ''}`;
}
