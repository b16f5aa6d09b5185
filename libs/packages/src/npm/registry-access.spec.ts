import { credentialsOf, registriesIn, registryOf, registryOptions, withoutCredentials } from './registry-access.js';

const basic = (text: string): string => Buffer.from(text).toString('base64');

describe('registries of npm packages', () => {
  const options = registryOptions({
    registry: 'https://user:pa%3Ass@main.test/npm/',
    npmrc: {
      registry: 'https://ignored.test',
      '@acme:registry': 'https://npm.acme.test/api/npm/',
      '@open:registry': 'https://main.test/other',
      '@inside:registry': 'http://ada:pass@inside.test:4873',
      '//npm.acme.test/api/:_authToken': 'of-acme',
      '//main.test/npm/:_authToken': 'replaced',
      '//slashless.test:_auth': basic('a:b'),
      '@slashless:registry': 'https://slashless.test/npm',
      '@user:registry': 'https://user.test',
      '//user.test/:username': 'ada',
      '//user.test/:_password': basic('pass'),
    },
  });

  it.each([
    ['server', 'https://main.test/npm', `Basic ${basic('user:pa:ss')}`],
    ['@unknown/server', 'https://main.test/npm', `Basic ${basic('user:pa:ss')}`],
    ['@acme/server', 'https://npm.acme.test/api/npm', 'Bearer of-acme'],
    ['@open/server', 'https://main.test/other', undefined],
    ['@inside/server', 'http://inside.test:4873', `Basic ${basic('ada:pass')}`],
    ['@slashless/server', 'https://slashless.test/npm', `Basic ${basic('a:b')}`],
    ['@user/server', 'https://user.test', `Basic ${basic('ada:pass')}`],
  ])('of %s: %s, with what is for this path', (name, url, authorization) => {
    expect(registryOf(name, options)).toEqual({ url, ...(authorization !== undefined && { authorization }) });
  });

  it('take a token as bearer, in place of all other credentials', () => {
    const npmrc = { '//main.test/:_auth': 'x' };
    const withToken = registryOptions({ registry: 'https://a:b@main.test', token: 't0k', npmrc });
    expect(registryOf('x', withToken)).toEqual({ url: 'https://main.test', authorization: 'Bearer t0k' });
    expect(withToken).toEqual({ registry: 'https://main.test', '//main.test/:_authToken': 't0k' });
  });

  it('have no empty texts among their credentials', () => {
    const npmrc = { '//main.test/:_authToken': '', '//other.test/:_auth': basic('a:b') };
    expect(credentialsOf(registryOptions({ registry: 'https://main.test', npmrc }))).toEqual([basic('a:b')]);
  });

  it('are named without credentials to programs that need none', () => {
    const shown = withoutCredentials(options);
    expect(Object.keys(shown).filter((name) => name.startsWith('//'))).toEqual([]);
    expect(JSON.stringify(shown)).not.toMatch(/pass|pa%3Ass|of-acme/);
    expect(registriesIn(shown)).toEqual([
      'https://main.test/npm',
      'https://npm.acme.test/api/npm',
      'https://main.test/other',
      'http://inside.test:4873',
      'https://slashless.test/npm',
      'https://user.test',
    ]);
  });
});
