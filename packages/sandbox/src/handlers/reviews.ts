import { noSuchPath } from '../api-error.ts';
import type { UserInfo } from '../authentication/user-info.ts';
import type { AccessAttributes } from '../authorization/rbac-authorizer.ts';
import { type JsonObject, objectAt, stringAt, stringsAt } from '../json.ts';
import type { ResourceCall } from './resource-handler.ts';

/** Reviews are questions: answered in `status`, never stored. */
export function answerReview(call: ResourceCall, body: JsonObject): JsonObject {
  const { type } = call;
  const review = {
    kind: type.kind,
    apiVersion: type.apiVersion,
    metadata: { creationTimestamp: null, ...objectAt(body, 'metadata') },
    spec: objectAt(body, 'spec'),
  };
  switch (type.kind) {
    case 'SelfSubjectReview':
      return { ...review, spec: undefined, status: { userInfo: userInfoOf(call.user) } };
    case 'SelfSubjectAccessReview':
      return { ...review, status: decide(call, call.user, review.spec) };
    case 'SubjectAccessReview':
    case 'LocalSubjectAccessReview':
      return { ...review, status: decide(call, subjectOf(review.spec), review.spec) };
    case 'SelfSubjectRulesReview':
      return { ...review, status: rulesOf(call, stringAt(review.spec, 'namespace') ?? 'default') };
    case 'TokenReview':
      return { ...review, status: reviewToken(call, stringAt(review.spec, 'token') ?? '') };
    default:
      throw noSuchPath();
  }
}

function userInfoOf(user: UserInfo): JsonObject {
  return { username: user.username, ...(user.uid === undefined ? {} : { uid: user.uid }), groups: user.groups };
}

function subjectOf(spec: JsonObject): UserInfo {
  return { username: stringAt(spec, 'user') ?? '', groups: stringsAt(spec, 'groups') };
}

function decide({ services }: ResourceCall, user: UserInfo, spec: JsonObject): JsonObject {
  const decision = services.authorizer.authorize(user, attributesOf(spec));
  return { allowed: decision.allowed, ...(decision.reason === '' ? {} : { reason: decision.reason }) };
}

function attributesOf(spec: JsonObject): AccessAttributes {
  const path = spec['nonResourceAttributes'];
  if (path !== undefined) {
    return { isResource: false, verb: stringAt(path, 'verb') ?? '', path: stringAt(path, 'path') ?? '' };
  }
  const wanted = objectAt(spec, 'resourceAttributes');
  return {
    isResource: true,
    verb: stringAt(wanted, 'verb') ?? '',
    group: stringAt(wanted, 'group') ?? '',
    resource: stringAt(wanted, 'resource') ?? '',
    subresource: stringAt(wanted, 'subresource') ?? '',
    namespace: stringAt(wanted, 'namespace') ?? '',
    name: stringAt(wanted, 'name') ?? '',
  };
}

function rulesOf({ services, user }: ResourceCall, namespace: string): JsonObject {
  const rules = services.authorizer.rulesFor(user, namespace);
  return {
    resourceRules: rules.filter((rule) => rule['resources'] !== undefined),
    nonResourceRules: rules.filter((rule) => rule['nonResourceURLs'] !== undefined),
    incomplete: false,
  };
}

function reviewToken({ services }: ResourceCall, token: string): JsonObject {
  const user = services.tokens.authenticate(token);
  if (user === undefined) return { user: {}, error: 'invalid bearer token' };
  return { authenticated: true, user: userInfoOf(user) };
}
