import { apps } from './messages/apps.ts';
import { authentication } from './messages/authentication.ts';
import { authorization } from './messages/authorization.ts';
import { autoscaling } from './messages/autoscaling.ts';
import { autoscaling2 } from './messages/autoscaling2.ts';
import { batch } from './messages/batch.ts';
import { certificates } from './messages/certificates.ts';
import { coordination } from './messages/coordination.ts';
import { core } from './messages/core.ts';
import { discovery } from './messages/discovery.ts';
import { events } from './messages/events.ts';
import { meta } from './messages/meta.ts';
import { networking } from './messages/networking.ts';
import { node } from './messages/node.ts';
import { policy } from './messages/policy.ts';
import { rbac } from './messages/rbac.ts';
import { scheduling } from './messages/scheduling.ts';
import { storage } from './messages/storage.ts';

/**
 * A field of a message. In the tables: `3containerPort:i?` is field 3, called `containerPort`, an integer that is kept
 * when zero (a pointer in Go, or a field JSON always has). Scalars: `s` text, `i` integer, `b` boolean, `d` double,
 * `y` bytes, `q` quantity, `x` int-or-string, `t` time, `u` time with microseconds, `r` raw JSON. `[T]` is a list, `{T}`
 * a map from text, a capital letter a message (`meta.ObjectMeta` of another table), the name `+` a message whose fields
 * belong to the owner.
 */
export interface MessageField {
  name: string;
  type: string;
  isKeptWhenZero: boolean;
}

export type Message = ReadonlyMap<number, MessageField>;

const packages: Record<string, string> = {
  apps,
  authentication,
  authorization,
  autoscaling,
  autoscaling2,
  batch,
  certificates,
  coordination,
  core,
  discovery,
  events,
  meta,
  networking,
  node,
  policy,
  rbac,
  scheduling,
  storage,
};

const parsed = new Map<string, Map<string, Message>>();

/** The message of a table, such as `core` and `PodSpec`; undefined when there is none. */
export function messageOf(packageName: string, name: string): Message | undefined {
  const text = Object.hasOwn(packages, packageName) ? packages[packageName] : undefined;
  if (text === undefined) return undefined;
  let messages = parsed.get(packageName);
  if (messages === undefined) {
    messages = parseTable(text);
    parsed.set(packageName, messages);
  }
  return messages.get(name);
}

/** The table of an API group and version; undefined when none is known. */
export function packageOf(group: string, version: string): string | undefined {
  const name = group === '' ? 'core' : group.split('.')[0];
  const versioned = version === 'v1' ? name : `${name}${version.slice(1)}`;
  return versioned !== undefined && Object.hasOwn(packages, versioned) ? versioned : undefined;
}

function parseTable(text: string): Map<string, Message> {
  const messages = new Map<string, Map<number, MessageField>>();
  let current = new Map<number, MessageField>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (!line.startsWith(' ')) {
      current = new Map();
      messages.set(line.slice(0, -1), current);
      continue;
    }
    for (const field of line.trim().split(' ')) {
      const match = /^(\d+)([^:]+):([^?]+)(\?)?$/.exec(field);
      const [, number, name, type, kept] = match ?? [];
      if (number === undefined || name === undefined || type === undefined) {
        throw new Error(`not a field of a message table: ${field}`);
      }
      current.set(Number(number), { name, type, isKeptWhenZero: kept !== undefined });
    }
  }
  return messages;
}
