import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A property of a model class as the client declares it. */
export interface ModelProperty {
  /** The name on the wire. */
  name: string;
  /** TypeScript-like: `string`, `Array<V1Container>`, `{ [key: string]: string; }`, `IntOrString`, `any`, a class. */
  type: string;
  format: string;
  required: boolean;
  description: string | undefined;
}

/** A model class of the Kubernetes client. */
export interface ModelClass {
  name: string;
  description: string | undefined;
  properties: ModelProperty[];
}

/**
 * Reads the model classes of `@kubernetes/client-node` as text: names and types from the JavaScript, what is required and
 * the descriptions from the declarations. Nothing is imported, which would take longer than reading.
 */
export function readModelClasses(): Map<string, ModelClass> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node')), 'gen/models');
  const classes = new Map<string, ModelClass>();
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.d.ts')) continue;
    const name = file.slice(0, -'.d.ts'.length);
    const attributes = /\.attributeTypeMap = (\[[\s\S]*?\n\]);/.exec(readFileSync(join(folder, `${name}.js`), 'utf8'));
    if (attributes?.[1] === undefined) continue;
    const declaration = readFileSync(join(folder, file), 'utf8');
    const declared = readDeclaredProperties(declaration);
    const map = JSON.parse(attributes[1]) as { name: string; baseName: string; type: string; format: string }[];
    classes.set(name, {
      name,
      description: readClassDescription(declaration),
      properties: map.map((one) => ({
        name: one.baseName,
        type: one.type,
        format: one.format,
        required: declared.get(one.name)?.required ?? false,
        description: declared.get(one.name)?.description,
      })),
    });
  }
  return classes;
}

function readClassDescription(declaration: string): string | undefined {
  const match = /\/\*\*\n((?:\*.*\n)+)\*\/\nexport declare class/.exec(declaration);
  return match?.[1] === undefined ? undefined : plainText(match[1]);
}

function readDeclaredProperties(declaration: string): Map<string, { required: boolean; description?: string }> {
  const properties = new Map<string, { required: boolean; description?: string }>();
  const pattern = /(?:\/\*\*\n((?: {4}\*.*\n)+?) {4}\*\/\n)? {4}'([^']+)'(\?)?: /g;
  for (const match of declaration.matchAll(pattern)) {
    const [, comment, name, optional] = match;
    if (name === undefined) continue;
    properties.set(name, {
      required: optional === undefined,
      ...(comment === undefined ? {} : { description: plainText(comment) }),
    });
  }
  return properties;
}

/** The generator of the client escapes quotes and `*​/` in comments. */
function plainText(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim()
    .replaceAll('\\"', '"')
    .replaceAll("\\'", "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#x60;', '`')
    .replaceAll('&#x3D;', '=');
}
