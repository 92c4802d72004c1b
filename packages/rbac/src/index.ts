export {
  type ActionSettings,
  applicationObject,
  customAction,
  type ResourceFacts,
  readActionSettings,
  resourceActions,
  rollbackAction,
} from './application-actions.ts';
export { type CompiledPolicy, compilePolicy } from './compile-policy.ts';
export { type AccessRequest, Enforcer } from './enforcer.ts';
export { type Explanation, explain } from './explain.ts';
export { compileGlob, type Matcher, PatternError } from './glob.ts';
export { type Policy, readPolicy } from './policy.ts';
export type { PolicyProblem, PolicyRule, RoleLink } from './policy-line.ts';
export { type ProjectRole, projectPolicy } from './project-policy.ts';
export { isReservedName, projectOf, type Subject } from './subject.ts';
