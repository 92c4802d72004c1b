// Writes generated/kubernetes-openapi.json: the components of every built-in kind, from the models of the Kubernetes client.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resourceCatalog } from '../src/openapi/resource-catalog.ts';
import { buildComponents } from './openapi/build-components.ts';
import { readModelClasses } from './openapi/model-classes.ts';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'generated');
const target = join(folder, 'kubernetes-openapi.json');
mkdirSync(folder, { recursive: true });
const text = JSON.stringify({ components: buildComponents(readModelClasses(), resourceCatalog) });
// Several test processes may generate at once: each writes its own file, the last rename wins.
const temporary = `${target}.${process.pid}`;
writeFileSync(temporary, text);
renameSync(temporary, target);
