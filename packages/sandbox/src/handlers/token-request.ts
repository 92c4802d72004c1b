import type { JsonObject } from '../json.ts';
import { numberAt, objectAt, stringsAt } from '../json.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import { timestamp } from '../writes/write-request.ts';
import type { ApiServices } from './api-services.ts';

const defaultSeconds = 3600;

/** Answers a TokenRequest for a ServiceAccount. */
export function requestToken({ tokens }: ApiServices, account: StoredObject, body: JsonObject): JsonObject {
  const seconds = numberAt(body, 'spec', 'expirationSeconds') ?? defaultSeconds;
  const audiences = stringsAt(body, 'spec', 'audiences');
  const { token, expires } = tokens.issue(account, { audiences, seconds, now: new Date() });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: account.metadata.name, namespace: account.metadata.namespace, creationTimestamp: timestamp() },
    spec: { ...objectAt(body, 'spec'), audiences, expirationSeconds: seconds },
    status: { token, expirationTimestamp: timestamp(expires) },
  };
}
