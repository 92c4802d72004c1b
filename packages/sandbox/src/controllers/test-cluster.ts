import { bootstrapCluster } from '../bootstrap/bootstrap-cluster.ts';
import { GarbageCollector } from '../garbage-collection/garbage-collector.ts';
import { ensureOpenApi } from '../openapi/index.ts';
import { ResourceRegistry } from '../resources/resource-registry.ts';
import { InProcessClient } from '../storage/in-process-client.ts';
import type { GroupResource, StoredObject } from '../storage/internal-client.ts';
import { ObjectStore } from '../storage/object-store.ts';
import { ObjectDeleter } from '../writes/object-deleter.ts';
import { ObjectWriter } from '../writes/object-writer.ts';
import { EVENTS } from './machinery/objects.ts';
import { type Controllers, type ControllersOptions, startControllers } from './start-controllers.ts';

export interface TestCluster {
  client: InProcessClient;
  controllers: Controllers;
  /** What reconciles reported as failed. */
  failures: unknown[];
  /** Resolves once the predicate holds; looks again after every change. */
  until<Found>(find: () => Found | undefined | false, what: string): Promise<Found>;
  /** `reason: message` of the events about an object, by its name. */
  events(name: string): string[];
  read<Kind extends StoredObject>(resource: GroupResource, name: string): Kind;
  list<Kind extends StoredObject>(resource: GroupResource): Kind[];
  create(resource: GroupResource, object: object): StoredObject;
  change<Kind extends StoredObject>(resource: GroupResource, name: string, change: (object: Kind) => void): void;
  close(): void;
}

/** A store, the controllers and garbage collection, without HTTP. Everything is in the namespace `default`. */
export function startTestCluster(options: Partial<ControllersOptions> = {}): TestCluster {
  ensureOpenApi();
  const failures: unknown[] = [];
  const store = new ObjectStore({ onListenerError: (error) => failures.push(error) });
  const registry = new ResourceRegistry();
  const writer = new ObjectWriter({ store, registry });
  const deleter = new ObjectDeleter(store, { hasKubelet: true });
  const client = new InProcessClient({ store, registry, writer, deleter });
  bootstrapCluster(client, []);
  const collector = new GarbageCollector({ store, registry, client, deleter });
  const controllers = startControllers(client, {
    podStartupMs: 20,
    log: (message, error) => failures.push(new Error(message, { cause: error })),
    ...options,
  });
  const read = <Kind extends StoredObject>(resource: GroupResource, name: string) => {
    const object = client.get(resource, 'default', name);
    if (object === undefined) throw new Error(`no ${resource.resource} ${name}`);
    return object as Kind;
  };
  return {
    client,
    controllers,
    failures,
    read,
    until: (find, what) => untilChanged(client, find, what),
    events: (name) =>
      client
        .list(EVENTS)
        .filter((event) => (event['involvedObject'] as { name?: string }).name === name)
        .map((event) => `${String(event['reason'])}: ${String(event['message'])}`),
    list: <Kind extends StoredObject>(resource: GroupResource) => client.list(resource, 'default') as Kind[],
    create: (resource, object) => client.create(resource, withNamespace(object), 'test'),
    change: <Kind extends StoredObject>(resource: GroupResource, name: string, change: (object: Kind) => void) => {
      const object = structuredClone(read<Kind>(resource, name));
      change(object);
      client.update(resource, object, 'test');
    },
    close: () => {
      controllers.close();
      collector.close();
    },
  };
}

function withNamespace(object: object): object {
  const { metadata } = object as { metadata: object };
  return { ...object, metadata: { namespace: 'default', ...metadata } };
}

function untilChanged<Found>(
  client: InProcessClient,
  find: () => Found | undefined | false,
  what: string,
): Promise<Found> {
  return new Promise((resolve, reject) => {
    const check = () => {
      const found = find();
      if (found === undefined || found === false) return;
      finish();
      resolve(found);
    };
    const timer = setTimeout(() => {
      finish();
      reject(new Error(`waited in vain for ${what}`));
    }, 8000);
    const stop = client.onChange(() => setImmediate(check));
    const finish = () => {
      clearTimeout(timer);
      stop();
    };
    check();
  });
}
