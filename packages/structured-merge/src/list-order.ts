import { equalJson, isJsonObject } from './json.ts';

/** The position of an item in a list, by merge key, or by value for scalars; -1 when it is not there. */
export function indexOfItem(list: unknown[], item: unknown, mergeKey: string | undefined): number {
  return list.findIndex((other) => isSameItem(other, item, mergeKey));
}

/** True when two items are the same entry of a merged list. */
export function isSameItem(a: unknown, b: unknown, mergeKey: string | undefined): boolean {
  if (mergeKey === undefined || !isJsonObject(a) || !isJsonObject(b)) return equalJson(a, b);
  return Object.hasOwn(a, mergeKey) && Object.hasOwn(b, mergeKey) && equalJson(a[mergeKey], b[mergeKey]);
}

/**
 * The order strategic merge gives a list: items named in `order` follow it; items only on the server keep their place
 * relative to it as far as `serverOrder` tells. Upstream appends new items where removed ones stood before it looks at
 * that order; callers pass the merged list, cut to the length of the live one, to get the same.
 */
export function orderItems(request: {
  items: unknown[];
  order: unknown[];
  serverOrder: unknown[];
  mergeKey: string | undefined;
}): unknown[] {
  const { items, order, serverOrder, mergeKey } = request;
  const position = (list: unknown[], item: unknown) => indexOfItem(list, item, mergeKey);
  const byPosition = (list: unknown[]) => (a: unknown, b: unknown) => position(list, a) - position(list, b);
  const named = items.filter((item) => position(order, item) >= 0).sort(byPosition(order));
  const serverOnly = items.filter((item) => position(order, item) < 0).sort(byPosition(serverOrder));
  const ordered: unknown[] = [];
  for (const item of named) {
    const at = position(serverOrder, item);
    while (serverOnly.length > 0) {
      const before = position(serverOrder, serverOnly[0]);
      if (at < 0 || before < 0 || before >= at) break;
      ordered.push(serverOnly.shift());
    }
    ordered.push(item);
  }
  return [...ordered, ...serverOnly];
}
