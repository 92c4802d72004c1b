export { type CustomKind, customResourceDocument, customResourceType } from './custom-resource-document.ts';
export { applyDefaults } from './defaults/apply-defaults.ts';
export { builtInSchemas, builtInType, componentFor, openApiDocument, openApiIndex } from './documents.ts';
export { type BuiltInOpenApi, ensureOpenApi, loadBuiltInOpenApi } from './load.ts';
export {
  type BuiltInResource,
  type BuiltInSubresource,
  findBuiltInKind,
  findBuiltInResource,
  resourceCatalog,
} from './resource-catalog.ts';
export { isAbsentWhenZero } from './zero-values.ts';
