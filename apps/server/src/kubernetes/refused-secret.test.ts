import { describe, expect, it } from 'vitest';
import { secretMaskFor } from './refused-secret.ts';

const PATH = '/api/v1/namespaces/shop/secrets/db';

function said(text: string, body: unknown, path = PATH): string {
  return secretMaskFor(path, body)?.(text) ?? text;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('secretMaskFor', () => {
  it('leaves alone what is about no Secret', () => {
    expect(secretMaskFor('/api/v1/namespaces/secrets/configmaps/x', { data: { a: 'hunter2' } })).toBeUndefined();
    expect(secretMaskFor('/apis/example.com/v1/secrets/x', { data: { a: 'hunter2' } })).toBeUndefined();
  });

  it.each([
    ['as sent', 'denied: hunter2!', { stringData: { password: 'hunter2!' } }],
    ['encoded', `denied: ${base64('hunter2!')}`, { stringData: { password: 'hunter2!' } }],
    ['decoded', 'denied: hunter2!', { data: { password: base64('hunter2!') } }],
    ['escaped', 'denied: "hunter\\"2!"', { stringData: { password: 'hunter"2!' } }],
    ['a line of it', 'denied: line is hunter2-hunter2', { stringData: { file: 'user=x\nhunter2-hunter2\n' } }],
    ['under a misspelt member', 'denied: hunter2!', { Data: { password: 'hunter2!' } }],
    ['as text that is no JSON', 'denied: hunter2-hunter2', 'kind: Secret\nhunter2-hunter2\n'],
    ['a JSON patch', 'denied: hunter2!', [{ op: 'replace', path: '/data/a', value: 'hunter2!' }]],
    ['last-applied', 'denied: hunter2!', lastApplied('hunter2!')],
    ['a number', 'denied: got 31337', { data: { pin: 31337 } }],
    ['a short value', 'denied: "h2" is short', { stringData: { pin: 'h2' } }],
  ])('masks a value that is quoted %s', (_title, text, body) => {
    const masked = said(text, body);
    expect(masked).toContain('++++++++');
    expect(masked).not.toMatch(/hunter|31337|"h2"|aHVudGVy/);
  });

  it.each([
    [
      'Secret "db" is invalid: data[key]: Invalid value: "old-\\"live\\"-value": too bad',
      'Secret "db" is invalid: data[key]: Invalid value: "++++++++": too bad',
    ],
    [
      '.data.pin: expected string, got &value.valueUnstructured{Value:1.2345678e+07}',
      '.data.pin: expected string, got &value.valueUnstructured{Value:++++++++}',
    ],
    ['error found in #10 byte of ...|rd":"hunt|..., bigger context ...|{"password":"hunt|...', '++++++++'],
  ])('masks what a server is known to quote, whoever sent it: %s', (text, expected) => {
    expect(said(text, {})).toBe(expected);
  });

  it('leaves the rest readable', () => {
    const text = 'Secret "db" is invalid: metadata.labels: Invalid value: "a b": must consist of alphanumerics';
    expect(said(text, { type: 'Opaque', metadata: { name: 'db' }, stringData: { a: 't', c: 'hunter2!' } })).toBe(text);
  });
});

function lastApplied(value: string) {
  return { metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': value } } };
}
