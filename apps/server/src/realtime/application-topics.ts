import type { StreamTopic } from '@lockstep/contract';
import type { Application, ApplicationKey } from '@lockstep/core';
import type { LiveResources } from '../api/applications/live-resources.ts';
import { presentApplication } from '../api/applications/presenter.ts';
import { managedResourceRow } from '../api/applications/resource-routes.ts';
import type { Authorizer } from '../api/authorizer.ts';
import type { Logger } from '../logger.ts';
import type { PolicySource } from '../settings/policy-source.ts';
import type { ApplicationStore } from '../store/application-store.ts';
import { ChangeLog } from './change-log.ts';
import { diffJson } from './diff-json.ts';
import type { EventFeed } from './event-feed.ts';
import { addressed, refuse, type Subscription, type Topic } from './subscription.ts';

const CHANGES_KEPT = 200;
/** How long a topic without readers stays, for those who only lost their connection. */
const LINGER_MS = 30_000;

export interface ApplicationTopicParts {
  store: ApplicationStore;
  authorizer: Authorizer;
  policy: PolicySource;
  live: LiveResources;
  events: EventFeed;
  logger: Logger;
}

/** Topics about one application each, made when somebody asks and dropped when nobody has for a while. */
export class ApplicationTopics implements Disposable {
  readonly #parts: ApplicationTopicParts;
  readonly #topics = new Map<string, ApplicationTopic>();

  constructor(parts: ApplicationTopicParts) {
    this.#parts = parts;
  }

  topic(type: Exclude<StreamTopic, 'applications'>, key: ApplicationKey): ApplicationTopic {
    const id = `${type} ${key.namespace}/${key.name}`;
    let topic = this.#topics.get(id);
    if (topic === undefined) {
      topic = new ApplicationTopic(type, key, this.#parts, () => this.#topics.delete(id));
      this.#topics.set(id, topic);
    }
    return topic;
  }

  [Symbol.dispose](): void {
    for (const topic of [...this.#topics.values()]) topic[Symbol.dispose]();
  }
}

interface Entry {
  operations: string;
  policyVersion: number;
}

/**
 * One application, its tree or its managed resources, live. It is read once for all readers; a change is compared with
 * what they have and sent as a patch. Whether a reader may still see it is asked before every message.
 */
export class ApplicationTopic implements Topic, Disposable {
  readonly #type: Exclude<StreamTopic, 'applications'>;
  readonly #key: ApplicationKey;
  readonly #parts: ApplicationTopicParts;
  readonly #dropped: () => void;
  readonly #log = new ChangeLog<Entry>(CHANGES_KEPT);
  /** With what each reader may do, as far as it was told. */
  readonly #subscriptions = new Map<Subscription, string>();
  readonly #stop: (() => void)[];
  #data: unknown;
  #reading: Promise<void> | undefined;
  #isStale = true;
  #linger: NodeJS.Timeout | undefined;

  constructor(
    type: Exclude<StreamTopic, 'applications'>,
    key: ApplicationKey,
    parts: ApplicationTopicParts,
    dropped: () => void,
  ) {
    this.#type = type;
    this.#key = key;
    this.#parts = parts;
    this.#dropped = dropped;
    this.#stop = [
      parts.store.onChange(({ item }) => {
        if (item.metadata.name !== key.name || item.metadata.namespace !== key.namespace) return;
        // Of the tree and the resources only existence and permission depend on the Application.
        if (type === 'application') this.#changed();
        else this.#dismissOutsiders();
      }),
      parts.policy.onChange(() => this.#permissionsChanged()),
      ...(type === 'application'
        ? []
        : [parts.events.on(type === 'resource-tree' ? 'tree' : 'managed', key, () => this.#changed())]),
    ];
  }

  async subscribe(subscription: Subscription, from: string | undefined): Promise<void> {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    if (this.#visibleTo(subscription) === undefined) {
      refuse(subscription, 403, 'permission denied');
      this.#lingerIfIdle();
      return;
    }
    await this.#refresh();
    const application = this.#visibleTo(subscription);
    if (application === undefined) {
      refuse(subscription, 403, 'permission denied');
      this.#lingerIfIdle();
      return;
    }
    const missed = from === undefined ? undefined : this.#log.since(from);
    const canResume = missed?.every(({ policyVersion }) => policyVersion === this.#parts.policy.version) ?? false;
    const { position } = this.#log;
    const can = this.#permissions(subscription, application);
    if (missed !== undefined && canResume) {
      subscription.send(addressed(subscription, `"op":"ok","rev":"${position}","mode":"resume"`));
      const operations = missed.map((entry) => entry.operations).filter((text) => text !== '');
      // What the reader may do is not in the log: it is his alone.
      if (can !== '') operations.push(`{"op":"add","path":"/can","value":${can}}`);
      if (operations.length > 0)
        subscription.send(
          addressed(subscription, `"rev":"${position}","op":"patch","patch":[${operations.join(',')}]`),
        );
    } else {
      subscription.send(addressed(subscription, `"op":"ok","rev":"${position}","mode":"snapshot"`));
      const data = JSON.stringify(this.#data);
      const withCan = can === '' ? data : `${data.slice(0, -1)},"can":${can}}`;
      subscription.send(addressed(subscription, `"rev":"${position}","op":"snapshot","data":${withCan}`));
    }
    this.#subscriptions.set(subscription, can);
  }

  unsubscribe(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    this.#lingerIfIdle();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#linger);
    for (const stop of this.#stop) stop();
    this.#dropped();
  }

  #changed(): void {
    this.#isStale = true;
    this.#refresh().catch((error: unknown) =>
      this.#parts.logger.warn({ err: error, topic: this.#type }, 'cannot refresh a stream'),
    );
  }

  /** Reads until nothing changed while reading. Everybody who asks meanwhile waits for the same. */
  async #refresh(): Promise<void> {
    this.#reading ??= this.#readUntilCurrent().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #readUntilCurrent(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      const application = this.#parts.store.get(this.#key);
      if (application === undefined) {
        this.#dismissOutsiders();
        return;
      }
      let data: unknown;
      try {
        data = await this.#read(application);
      } catch (error) {
        this.#isStale = true;
        throw error;
      }
      const operations = this.#data === undefined ? [] : diffJson(this.#data, data);
      this.#data = data;
      if (operations.length > 0) this.#publish(operations.map((operation) => JSON.stringify(operation)).join(','));
    }
  }

  async #read(application: Application): Promise<unknown> {
    switch (this.#type) {
      case 'application':
        return presentApplication(application);
      case 'resource-tree':
        return this.#parts.live.tree(application);
      case 'managed-resources':
        return { items: (await this.#parts.live.managedResources(application)).map(managedResourceRow) };
    }
  }

  #publish(operations: string): void {
    const position = this.#log.append({ operations, policyVersion: this.#parts.policy.version });
    const message = `"rev":"${position}","op":"patch","patch":[${operations}]`;
    for (const [subscription, knownCan] of [...this.#subscriptions]) {
      const application = this.#visibleTo(subscription);
      if (application === undefined) {
        this.#dismiss(subscription);
        continue;
      }
      const can = this.#permissions(subscription, application);
      if (can === knownCan) {
        subscription.send(addressed(subscription, message));
        continue;
      }
      this.#subscriptions.set(subscription, can);
      subscription.send(
        addressed(
          subscription,
          `"rev":"${position}","op":"patch","patch":[${operations},{"op":"add","path":"/can","value":${can}}]`,
        ),
      );
    }
  }

  #permissionsChanged(): void {
    this.#dismissOutsiders();
    if (this.#type !== 'application' || this.#subscriptions.size === 0) return;
    let position: string | undefined;
    for (const [subscription, knownCan] of [...this.#subscriptions]) {
      const application = this.#visibleTo(subscription);
      if (application === undefined) continue;
      const can = this.#permissions(subscription, application);
      if (can === knownCan) continue;
      // A step of its own in the log: who resumes from before it is told his permissions anyway.
      position ??= this.#log.append({ operations: '', policyVersion: this.#parts.policy.version });
      this.#subscriptions.set(subscription, can);
      subscription.send(
        addressed(subscription, `"rev":"${position}","op":"patch","patch":[{"op":"add","path":"/can","value":${can}}]`),
      );
    }
  }

  #dismissOutsiders(): void {
    for (const subscription of [...this.#subscriptions.keys()]) {
      if (this.#visibleTo(subscription) === undefined) this.#dismiss(subscription);
    }
  }

  /** Who could see it and watched it be deleted is told so; to others it is as if it had never been. */
  #dismiss(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    const isGone = this.#parts.store.get(this.#key) === undefined;
    if (isGone) refuse(subscription, 404, 'the application was deleted');
    else refuse(subscription, 403, 'permission denied');
    this.#lingerIfIdle();
  }

  #visibleTo(subscription: Subscription): Application | undefined {
    const application = this.#parts.store.get(this.#key);
    return application !== undefined && this.#parts.authorizer.maySee(subscription.identity, application)
      ? application
      : undefined;
  }

  #permissions(subscription: Subscription, application: Application): string {
    return this.#type === 'application'
      ? JSON.stringify(this.#parts.authorizer.permissions(subscription.identity, application))
      : '';
  }

  #lingerIfIdle(): void {
    if (this.#subscriptions.size > 0 || this.#linger !== undefined) return;
    this.#linger = setTimeout(() => this[Symbol.dispose](), LINGER_MS);
    this.#linger.unref();
  }
}
