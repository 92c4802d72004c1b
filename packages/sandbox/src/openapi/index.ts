export { customResourceDocument, customResourceType } from './custom-resource-document.ts';
export { applyDefaults } from './defaults/apply-defaults.ts';
export { builtInType, openApiDocument, openApiIndex } from './documents.ts';
export { ensureOpenApi } from './load.ts';
export { resourceCatalog } from './resource-catalog.ts';
export { isAbsentWhenZero } from './zero-values.ts';
