import { OpenApiError } from './openapi-error.js';
import { SourceFile } from './source-file.js';
import { OpenApiSyntaxError } from './source-text.js';

const GOOD = { openapi: '3.0.3', info: { title: 't', version: '1' }, paths: { '/a': { get: {} } } };

function faultOf(text: string): OpenApiSyntaxError {
  try {
    SourceFile.read(text);
  } catch (error) {
    if (error instanceof OpenApiSyntaxError) return error;
    throw error;
  }
  throw new Error('the text was accepted');
}

describe('SourceFile', () => {
  it.each([
    ['JSON', JSON.stringify(GOOD)],
    ['indented JSON with tabs', JSON.stringify(GOOD, null, '\t')],
    ['YAML', 'openapi: 3.0.3\ninfo: {title: t, version: "1"}\npaths:\n  /a:\n    get: {}\n'],
    [
      'JSON with a comma too many',
      '{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{"/a":{"get":{}},},}',
    ],
  ])('reads %s', (_, text) => {
    expect(SourceFile.read(text).document).toEqual(GOOD);
  });

  it.each(['3.0.0', '3.0.4', '3.1.0', '3.1.1'])('takes version %s', (openapi) => {
    expect(SourceFile.read(JSON.stringify({ ...GOOD, openapi })).document.openapi).toBe(openapi);
  });

  it('takes a version that YAML reads as a number', () => {
    expect(SourceFile.read('openapi: 3.1\npaths: {}').document.openapi).toBe(3.1);
  });

  it.each([
    ['', 1, 'no OpenAPI document'],
    ['just text', 1, 'no OpenAPI document'],
    ['[]', 1, 'no OpenAPI document'],
    ['null', 1, 'no OpenAPI document'],
    ['{"openapi": "3.0.0",\n"paths": {', 2, 'end with a }'],
    ['openapi: 3.0.0\npaths:\n  /a: [\n', 4, 'end with a ]'],
    ['openapi: 3.0.0\npaths:\n\t/a: {}\n', 3, 'ab'],
    ['openapi: 3.0.0\npaths: {}\n---\nopenapi: 3.0.0\n', 3, 'multiple documents'],
    ['openapi: 3.0.0\npaths:\n  /a: {}\n  /b: {}\n  /a: {}\n', 5, '"/a" occurs twice'],
    ['swagger: "2.0"\npaths: {}', 1, 'Swagger 2.0'],
    ['info: {}\nopenapi: 3.2.0\npaths: {}', 2, '"3.2.0" is not supported'],
    ['info: {}\nopenapi: 2.0.0\npaths: {}', 2, '"2.0.0" is not supported'],
    ['openapi: {}\npaths: {}', 1, '{} is not supported'],
    ['info: {}\npaths: {}', 1, '"openapi" is missing'],
    ['openapi: 3.0.0\n', 1, '"paths" is missing'],
    ['openapi: 3.0.0\n\npaths: [1]\n', 3, '"paths" is missing'],
  ])('refuses %j and names line %d', (text, line, reason) => {
    const fault = faultOf(text);
    expect([fault.line, fault.message]).toEqual([line, expect.stringContaining(reason)]);
  });

  it.each([
    ['an alias without an anchor', 'openapi: 3.0.0\npaths: *nowhere\n'],
    ['an alias that contains itself', 'openapi: 3.0.0\npaths: &a\n  b: *a\n'],
    ['aliases that multiply', `a: &a [x,x]\n${doublings(20)}openapi: 3.0.0\npaths: {}\n`],
    ['JSON that is nested too deep', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
    ['YAML that is nested too deep', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
    ['very many levels of YAML', `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['a large text that is not JSON', `a: ${'x'.repeat(3_000_000)}`],
  ])('refuses %s', (_, text) => {
    expect(() => SourceFile.read(text)).toThrow(OpenApiSyntaxError);
  });

  it('reads a text of 64 nested aliases without repeating them in memory', () => {
    const aliases = Array.from({ length: 64 }, () => '*a').join(', ');
    const { document } = SourceFile.read(`openapi: 3.0.0\npaths: {}\nx-a: &a {b: 1}\nx-b: [${aliases}]\n`);
    expect((document['x-b'] as unknown[]).every((item) => item === document['x-a'])).toBe(true);
  });

  it.each([
    [
      'YAML',
      'openapi: 3.0.0\npaths:\n  /a:\n    get:\n      responses:\n        200: {description: x}\n    post:\n      a: 1\n',
    ],
    [
      'JSON',
      '{"openapi": "3.0.0",\n"paths":\n  {"/a":\n    {"get":\n      {"responses":\n        {"200": {"description": "x"}}},\n    "post":\n      {"a": 1}}}}',
    ],
  ])('finds the line of a part in %s', (_, text) => {
    const file = SourceFile.read(text);
    const lineOf = (...path: string[]) => {
      const part = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], file.document);
      return file.lineOf(new OpenApiError('bad', part as object));
    };
    expect([lineOf('paths', '/a', 'get'), lineOf('paths', '/a', 'get', 'responses', '200')]).toEqual([4, 6]);
    expect(lineOf('paths', '/a', 'post')).toBe(7);
    expect(file.lineOf(new OpenApiError('bad', {}))).toBeUndefined();
    expect(file.lineOf(new OpenApiError('bad'))).toBeUndefined();
  });

  it('finds the line of a part in a list', () => {
    const file = SourceFile.read('openapi: 3.0.0\npaths: {}\nservers:\n  - url: /a\n  - url: /b\n');
    const [, second] = file.document.servers as object[];
    expect(file.lineOf(new OpenApiError('bad', second))).toBe(5);
  });
});

function doublings(count: number): string {
  return Array.from({ length: count }, (_, n) => `a${n}: &a${n} [*a${n || ''}, *a${n || ''}]\n`)
    .map((line, n) => line.replaceAll(`*a${n || ''}`, n === 0 ? '*a' : `*a${n - 1}`))
    .join('');
}
