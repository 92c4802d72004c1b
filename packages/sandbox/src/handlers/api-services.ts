import type { WebhookAdmission } from '../admission/webhook-admission.ts';
import type { TokenAuthenticator } from '../authentication/tokens.ts';
import type { RbacAuthorizer } from '../authorization/rbac-authorizer.ts';
import type { OpenApiDocuments } from '../discovery/openapi-documents.ts';
import type { RequestMetrics } from '../metrics.ts';
import type { ResourceRegistry } from '../resources/resource-registry.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { ObjectDeleter } from '../writes/object-deleter.ts';
import type { ObjectWriter } from '../writes/object-writer.ts';
import type { ListPages } from './list-pages.ts';

export interface PodLogRequest {
  namespace: string;
  pod: string;
  container: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  limitBytes?: number;
}

/** Where the log of a container comes from. Throws an ApiError when there is none to read. */
export interface PodLogSource {
  /** Writes lines through `write` and calls `end` when there are no more; returns the way to stop early. */
  stream(request: PodLogRequest, sink: { write(text: string): void; end(): void }): () => void;
}

/** Everything the request handlers share. */
export interface ApiServices {
  store: ObjectStore;
  registry: ResourceRegistry;
  writer: ObjectWriter;
  deleter: ObjectDeleter;
  tokens: TokenAuthenticator;
  authorizer: RbacAuthorizer;
  webhooks: WebhookAdmission;
  openApi: OpenApiDocuments;
  metrics: RequestMetrics;
  pages: ListPages;
  podLogs: PodLogSource | undefined;
  watches: Set<() => void>;
  bookmarkIntervalMs: number;
  gitVersion: string;
  url: () => string;
}
