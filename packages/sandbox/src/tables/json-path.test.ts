import { describe, expect, it } from 'vitest';
import { valuesAt } from './json-path.ts';

const object = {
  metadata: { annotations: { 'example.com/owner': 'me' } },
  spec: {
    ports: [
      { name: 'http', port: 80 },
      { name: 'admin', port: 90 },
    ],
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Synced', status: 'False' },
    ],
  },
};

describe('valuesAt', () => {
  it.each([
    ['.spec.ports[0].port', [80]],
    ['.spec.ports[-1].name', ['admin']],
    ['.spec.ports[*].port', [80, 90]],
    ['{.spec.ports[1].name}', ['admin']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type=='Synced')].status", ['False']],
    ['.status.conditions[?(@.type!="Ready")].type', ['Synced']],
    ['.metadata.annotations.example\\.com/owner', []],
    [".metadata.annotations['example.com/owner']", ['me']],
    ['.spec.nothing.here', []],
    ['.spec[', []],
  ])('reads %s', (path, expected) => {
    expect(valuesAt(path, object)).toEqual(expected);
  });
});
