import { ProblemError } from '@manifold/rest';
import { parseYaml } from './yaml-text.js';

const faultOf = (text: string): string => {
  try {
    parseYaml(text);
  } catch (error) {
    if (error instanceof ProblemError && error.status === 400 && error.code === 'invalid_yaml') return error.message;
    throw error;
  }
  return 'none';
};

describe('a text of YAML', () => {
  it.each<[string, unknown]>([
    ['a: 1\nb: [x, "1", true, null]', { a: 1, b: ['x', '1', true, null] }],
    ['{"a": {"b": "c"}}', { a: { b: 'c' } }],
    ['# a comment\na: |\n  two\n  lines\n', { a: 'two\nlines\n' }],
    [`${'['.repeat(64)}${']'.repeat(64)}`, JSON.parse(`${'['.repeat(64)}${']'.repeat(64)}`)],
    ['on: yes', { on: 'yes' }],
    ['', undefined],
    ['null', undefined],
  ])('%j has the value %j', (text, value) => {
    expect(parseYaml(text)).toEqual(value);
  });

  it.each([
    ['a list without an end', 'a: 1\nb: [', /line 2: /],
    ['a member in a text', 'a: 1\n a: 2', /line 1: /],
    ['a key that occurs twice', 'a: 1\na: 2', /"a" occurs twice/],
    ['a name that stands for nothing', 'a: *unknown', /alias/],
    ['a value that is named twice', 'a: &a {b: c}\nd: *a', /alias/],
    ['a prototype', '__proto__: {polluted: true}', /"__proto__" is not allowed as a name/],
    [
      'a prototype by way of the constructor',
      'a: {constructor: {prototype: {x: 1}}}',
      /"constructor" is not allowed as a name/,
    ],
    ['two documents', '--- 1\n--- 2', /more than one document/],
    ['more levels than JSON may have', `${'['.repeat(65)}${']'.repeat(65)}`, /deeper than 64/],
    ['very many open lists', '['.repeat(20_000), /deeper than 64/],
    ['very many levels', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, /deeper than 64/],
    ['very many levels by dashes', `${'- '.repeat(20_000)}x`, /deeper than 64/],
    ['very many levels of keys', `${'? '.repeat(20_000)}x`, /deeper than 64/],
    ['very many elements', `[${'1,'.repeat(20_001)}]`, /more than 20000 members and elements/],
    ['very many members', '- b: 1\n'.repeat(12_000), /more than 20000 members and elements/],
    ['aliases that multiply', bomb(), /alias/i],
  ])('is refused: %s', (_, text, reason) => {
    expect(faultOf(text)).toMatch(reason);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });
});

/** Ten levels of lists that name the level below ten times. */
function bomb(): string {
  const levels = ['a0: &a0 [x]'];
  for (let level = 1; level <= 10; level += 1) {
    levels.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(',')}]`);
  }
  return levels.join('\n');
}
