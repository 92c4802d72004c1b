import type { UserInfo } from '../authentication/user-info.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import type { WebhookAdmission } from './webhook-admission.ts';

/** Asks whoever may refuse a deletion. */
export async function admitDelete(
  { webhooks }: { webhooks: WebhookAdmission },
  deletion: { type: ResourceType; live: StoredObject; user: UserInfo; dryRun: boolean },
): Promise<void> {
  if (webhooks.hasAny()) await webhooks.validateDelete(deletion);
}
