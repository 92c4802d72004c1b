import { describe, expect, test } from 'vitest';
import { RenderError } from '../errors.ts';
import { parseKubernetesYaml, toYaml } from './kubernetes-yaml.ts';

function read(text: string): unknown {
  return parseKubernetesYaml(text)[0]?.document;
}

function errorOf(text: string): RenderError {
  try {
    parseKubernetesYaml(text, { file: 'app.yaml' });
  } catch (error) {
    if (error instanceof RenderError) return error;
  }
  throw new Error('no RenderError');
}

describe('parseKubernetesYaml', () => {
  test.each([
    ['on', true],
    ['y', true],
    ['No', false],
    ['tRuE', 'tRuE'],
    ['010', 8],
    ['0o17', 15],
    ['08', 8],
    ['0x1F', 31],
    ['0b101', 5],
    ['1_000', 1000],
    ['.5_0', 0.5],
    ['.5_', '.5_'],
    ['1:30', '1:30'],
    ['2024-01-01', '2024-01-01'],
    ['1e3', 1000],
    ['1E400', '1E400'],
    ['-0', 0],
    ['~', null],
    ['1.2.3', '1.2.3'],
    ['=', '='],
  ])('reads %s as Kubernetes does', (text, expected) => {
    expect(read(`a: ${text}`)).toEqual({ a: expected });
  });

  test('reads keys as Kubernetes does: "on" becomes "true"', () => {
    expect(read('on: push\n1: x\n')).toEqual({ true: 'push', 1: 'x' });
  });

  test('takes the last of duplicate keys', () => {
    expect(read('a: 1\nb: 2\na: 3')).toEqual({ a: 3, b: 2 });
  });

  test('ignores tags it does not know and merges maps', () => {
    expect(read('a: !custom x\nb: &b {c: 1}\nd:\n  <<: *b\n  e: !!str 2')).toEqual({
      a: 'x',
      b: { c: 1 },
      d: { c: 1, e: '2' },
    });
  });

  test.each(['a: .inf', 'a: .NaN', 'null: x', '? [a, b]\n: x', '{a: 1}: x'])('refuses %s', (text) => {
    expect(errorOf(text).code).toBe('InvalidYaml');
  });

  test('gives every document with the line of its first content', () => {
    const text = '# head\n---\na: 1\n---\n\n# only a comment\n--- # named\n\n# Source: b.yaml\nb: 2\n...\n';
    expect(parseKubernetesYaml(text)).toEqual([
      { document: { a: 1 }, line: 3 },
      { document: { b: 2 }, line: 10 },
    ]);
  });

  test('keeps a separator inside a block scalar that is indented', () => {
    expect(read('a: |\n  x\n  ---\n  y\n')).toEqual({ a: 'x\n---\ny\n' });
  });

  test('keeps a directive with the document it belongs to', () => {
    expect(parseKubernetesYaml('%YAML 1.1\n---\na: 1\n')).toEqual([{ document: { a: 1 }, line: 3 }]);
  });

  test('an error names file, line in the stream and what to do', () => {
    const error = errorOf('a: 1\n---\nb: 2\nc:\n\t- x\n');
    expect(error).toMatchObject({ file: 'app.yaml', line: 5 });
    expect(error.fix).toMatch(/spaces/);
    expect(error.message).toMatch(/^app\.yaml:5: not valid YAML/);
  });

  test('tells a template from broken YAML', () => {
    expect(errorOf('a: 1\nname: {{ .Release.Name }}\n')).toMatchObject({ line: 2, fix: expect.stringMatching(/Helm/) });
  });

  test('refuses an integer that would silently change, and keeps it as bigint on request', () => {
    expect(errorOf('a: 1\nb: 9007199254740993\n')).toMatchObject({ line: 2, fix: expect.stringMatching(/Quote/) });
    expect(parseKubernetesYaml('b: 9007199254740993', { bigIntegers: 'bigint' })[0]?.document).toEqual({
      b: 9007199254740993n,
    });
  });

  test('refuses a document that aliases blow up', () => {
    const lines = ['l0: &l0 [1,1,1,1,1,1,1,1,1,1]'];
    for (let level = 1; level < 10; level += 1) {
      lines.push(`l${level}: &l${level} [${Array.from({ length: 10 }, () => `*l${level - 1}`).join(',')}]`);
    }
    expect(errorOf(lines.join('\n')).message).toMatch(/aliases/);
  });

  test('gives every alias a copy of its own', () => {
    const document = read('a: &x {b: [1]}\nc: *x\n') as { a: { b: number[] }; c: { b: number[] } };
    document.a.b.push(2);
    expect(document.c).toEqual({ b: [1] });
  });

  test('reads JSON and does not touch prototypes', () => {
    const document = read('{"__proto__": {"polluted": true}, "a": [1, "x"]}') as object;
    expect(Object.keys(document)).toEqual(['__proto__', 'a']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('toYaml', () => {
  test('what it writes reads back as the same value', () => {
    const value = {
      words: [
        'on',
        'y',
        'null',
        '~',
        '<<',
        '010',
        '1e3',
        '1_000',
        '0x1F',
        '.5',
        '1:30',
        '',
        ' x ',
        'a: b',
        '#c',
        '2024-01-01',
      ],
      numbers: [0, -1, 1.5, 1e21],
      text: 'two\nlines\n',
      nested: { empty: {}, list: [], nothing: null, yes: true },
    };
    expect(read(toYaml(value))).toEqual(value);
  });

  test('quotes what Kubernetes would not read as text', () => {
    expect(toYaml({ a: 'on', b: 'plain' })).toBe('a: "on"\nb: plain\n');
  });
});
