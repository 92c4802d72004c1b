import type { Identity } from '../auth/identity.ts';

/** One topic of one connection. Messages are complete JSON texts. */
export interface Subscription {
  /** As the client numbers it. */
  readonly id: number;
  readonly identity: Identity;
  send(message: string): void;
  /** Takes the subscription off its connection; the topic has let go of it already. */
  ended(): void;
}

/** What a topic can do. */
export interface Topic {
  /** Answers with a snapshot, or with what was missed since `from`; then sends every change. */
  subscribe(subscription: Subscription, from: string | undefined): void | Promise<void>;
  unsubscribe(subscription: Subscription): void;
}

/** `{"id":7,…}` before a text that is the same for every subscriber, so that it is serialised once. */
export function addressed(subscription: Subscription, rest: string): string {
  return `{"id":${subscription.id},${rest}}`;
}

/** Withdraws a subscription: not allowed (any more), deleted, or not a valid request. */
export function refuse(subscription: Subscription, code: 400 | 403 | 404, message: string): void {
  subscription.send(addressed(subscription, `"op":"error","code":${code},"message":${JSON.stringify(message)}`));
  subscription.ended();
}

/** Says that a subscription ended and has to be made anew. */
export function reset(subscription: Subscription, reason: 'permissions' | 'gap' | 'slow'): void {
  subscription.send(addressed(subscription, `"op":"reset","reason":"${reason}"`));
  subscription.ended();
}
