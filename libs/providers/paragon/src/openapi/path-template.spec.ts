import { ProviderError } from '@manifold/tool-provider';
import fc from '../../../../../test/support/fuzz.js';
import { OpenApiError } from './openapi-error.js';
import { PathTemplate } from './path-template.js';

const filled = (path: string, value: string): string =>
  new PathTemplate(path, {}).fill(() => encodeURIComponent(value));

describe('PathTemplate', () => {
  it('replaces placeholders of every spelling', () => {
    const template = new PathTemplate('/users/{user-id}/a.b/{x.y}{$z}/{user-id}', {});
    expect([...template.placeholders]).toEqual(['user-id', 'x.y', '$z']);
    expect(template.fill((name) => name.length.toString())).toBe('/users/7/a.b/32/7');
  });

  it('encodes what the author wrote, and keeps what was encoded', () => {
    expect(filled('/a b/%20/é?x=1&y={v}', '1')).toBe('/a%20b/%20/%C3%A9?x=1&y=1');
  });

  it.each(['users', '', '/a#b', '/a/../b', '/./a', '/..'])('does not take the path %j', (path) => {
    expect(() => new PathTemplate(path, {})).toThrow(OpenApiError);
  });

  it.each([
    ...[
      '',
      '.',
      '..',
      '../x',
      'a/../b',
      'a/..',
      './a',
      '..\\admin',
      'a\\..\\b',
      '%2e%2e',
      '%2e%2e%2fadmin',
      '..%2fadmin',
    ],
    ...['%252e%252e%252f', '%2e%2e/%zz', '..;/admin', 'a/..;x=1/b', 'a\r\nb', 'a\0', '%0d%0a', `%${'25'.repeat(20)}2e`],
  ])('does not let %j into a path', (value) => {
    expect(() => filled('/users/{id}/mail', value)).toThrow(ProviderError);
  });

  it.each([
    ['a/b', 'a%2Fb'],
    ['group/project', 'group%2Fproject'],
    ['..a', '..a'],
    ['a..b', 'a..b'],
    ['...', '...'],
    ['100%', '100%25'],
    ['%41', '%2541'],
    ['50%2525', '50%252525'],
    ['?x=1#y', '%3Fx%3D1%23y'],
    ['0', '0'],
    ['日本', '%E6%97%A5%E6%9C%AC'],
  ])('lets %j into a path as %j', (value, expected) => {
    expect(filled('/users/{id}/mail', value)).toBe(`/users/${expected}/mail`);
  });

  it('keeps every value inside its segment, or refuses it', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('.', '/', '\\', '%', '2', 'e', 'f', '5', 'c', ';', '?', '#', 'a', '\n'),
    });
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: 'grapheme' })), (value) => {
        const path = attempt(() => filled('/base/{id}/end', value));
        if (path === undefined) return;
        const url = new URL(path, 'https://api.example');
        expect(url.pathname.split('/')).toHaveLength(4);
        expect(decodeURIComponent(url.pathname.split('/')[2]!)).toBe(value);
        const decoded = new URL(decodeURIComponent(path).replaceAll(/[?#]/g, '_'), 'https://api.example');
        expect(decoded.pathname).toMatch(/^\/base\/.*\/end$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof ProviderError || error instanceof URIError) return undefined;
    throw error;
  }
}
