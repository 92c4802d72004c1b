import { randomUUID } from 'node:crypto';
import { type JsonPatchOperation, jsonPatch } from '@lockstep/structured-merge';
import { ApiError } from '../api-error.ts';
import type { UserInfo } from '../authentication/user-info.ts';
import { equalJson, isObject, type JsonObject, objectAt, objectsAt, stringAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { fromStorageVersion } from '../writes/convert-version.ts';
import type { ObjectWriter, Plan } from '../writes/object-writer.ts';
import { callWebhook, type WebhookAnswer } from './call-webhook.ts';
import { labelsOf, type WebhookSubject, webhookMatches } from './webhook-rules.ts';

const group = 'admissionregistration.k8s.io';

interface AdmissionQuestion {
  operation: WebhookSubject['operation'];
  type: ResourceType;
  subresource: string;
  object: StoredObject | undefined;
  oldObject: StoredObject | undefined;
  user: UserInfo;
  dryRun: boolean;
}

/** Asks the webhooks that MutatingWebhookConfigurations and ValidatingWebhookConfigurations register. */
export class WebhookAdmission {
  private readonly store: ObjectStore;

  constructor(store: ObjectStore) {
    this.store = store;
  }

  /** Whether any configuration could concern this write; spares the others the cost of asking. */
  isInterestedIn(plan: Plan): boolean {
    return this.hasAny() && plan.type.group !== group;
  }

  hasAny(): boolean {
    return (
      this.store.count(`${group}/mutatingwebhookconfigurations`) +
        this.store.count(`${group}/validatingwebhookconfigurations`) >
      0
    );
  }

  /** Lets mutating webhooks change the planned object, one after the other, in the order of their configurations' names. */
  async mutate(plan: Plan, writer: ObjectWriter): Promise<void> {
    const before = plan.object;
    let object: JsonObject = plan.object;
    for (const webhook of this.webhooks('mutatingwebhookconfigurations')) {
      const question = { ...questionOf(plan), object: object as StoredObject };
      if (!webhookMatches(webhook, this.subjectOf(question))) continue;
      const answer = await this.ask(webhook, question, plan.request.warnings);
      if (answer?.patch !== undefined) object = jsonPatch(object, answer.patch as JsonPatchOperation[]) as JsonObject;
    }
    if (!equalJson(before, object)) writer.mutate(plan, object);
  }

  async validate(plan: Plan): Promise<void> {
    await this.askValidating(questionOf(plan), plan.request.warnings);
  }

  /** Validating webhooks may refuse a deletion. */
  async validateDelete(input: {
    type: ResourceType;
    live: StoredObject;
    user: UserInfo;
    dryRun: boolean;
  }): Promise<void> {
    const { type, live, user, dryRun } = input;
    const oldObject = fromStorageVersion(type, live);
    await this.askValidating(
      { operation: 'DELETE', type, subresource: '', object: undefined, oldObject, user, dryRun },
      [],
    );
  }

  private async askValidating(question: AdmissionQuestion, warnings: string[]): Promise<void> {
    const subject = this.subjectOf(question);
    const matching = this.webhooks('validatingwebhookconfigurations').filter((webhook) =>
      webhookMatches(webhook, subject),
    );
    await Promise.all(matching.map((webhook) => this.ask(webhook, question, warnings)));
  }

  /** Undefined when the webhook failed and its failure policy is to go on. */
  private async ask(
    webhook: JsonObject,
    question: AdmissionQuestion,
    warnings: string[],
  ): Promise<WebhookAnswer | undefined> {
    const name = stringAt(webhook, 'name') ?? '';
    let answer: WebhookAnswer;
    try {
      answer = await callWebhook(webhook, reviewOf(question));
    } catch (error) {
      if (stringAt(webhook, 'failurePolicy') === 'Ignore') return undefined;
      const why = error instanceof Error ? error.message : String(error);
      throw new ApiError(
        500,
        'InternalError',
        `Internal error occurred: failed calling webhook ${JSON.stringify(name)}: failed to call webhook: ${why}`,
        {
          causes: [{ message: `failed calling webhook ${JSON.stringify(name)}: failed to call webhook: ${why}` }],
        },
      );
    }
    warnings.push(...answer.warnings);
    if (answer.allowed) return answer;
    const denied = `admission webhook ${JSON.stringify(name)} denied the request`;
    const text = answer.message || answer.reason;
    throw new ApiError(
      answer.code,
      answer.reason,
      text === '' ? `${denied} without explanation` : `${denied}: ${text}`,
    );
  }

  private webhooks(plural: string): JsonObject[] {
    return this.store.list(`${group}/${plural}`).flatMap((configuration) => objectsAt(configuration, 'webhooks'));
  }

  private subjectOf({ operation, type, subresource, object, oldObject }: AdmissionQuestion): WebhookSubject {
    const current = object ?? oldObject;
    const namespaceLabels = type.namespaced
      ? labelsOf(this.store.get('/namespaces', '', current?.metadata.namespace ?? ''))
      : type.id === '/namespaces'
        ? labelsOf(current)
        : undefined;
    return {
      operation,
      type,
      subresource,
      labels: labelsOf(current),
      oldLabels: oldObject === undefined ? undefined : labelsOf(oldObject),
      namespaceLabels,
    };
  }
}

function questionOf({ operation, type, request, live, object }: Plan): AdmissionQuestion {
  return {
    operation,
    type,
    subresource: request.subresource,
    object,
    oldObject: live === undefined ? undefined : fromStorageVersion(type, live),
    user: request.user,
    dryRun: request.dryRun,
  };
}

function reviewOf({ operation, type, subresource, object, oldObject, user, dryRun }: AdmissionQuestion): JsonObject {
  const current = object ?? oldObject;
  const kind = { group: type.group, version: type.version, kind: type.kind };
  const resource = { group: type.group, version: type.version, resource: type.plural };
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: randomUUID(),
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      ...(subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource }),
      name: current?.metadata.name ?? '',
      ...(current?.metadata.namespace === undefined ? {} : { namespace: current.metadata.namespace }),
      operation,
      userInfo: { username: user.username, groups: user.groups },
      object: isObject(object) ? wireForm(object) : null,
      oldObject: isObject(oldObject) ? oldObject : null,
      dryRun,
      options: {
        kind: `${operation === 'CREATE' ? 'Create' : operation === 'UPDATE' ? 'Update' : 'Delete'}Options`,
        apiVersion: 'meta.k8s.io/v1',
      },
    },
  };
}

/** A planned object has no version yet. */
function wireForm(object: StoredObject): JsonObject {
  const { resourceVersion, ...metadata } = objectAt(object, 'metadata');
  return { ...object, metadata: resourceVersion === '' ? metadata : object.metadata };
}
