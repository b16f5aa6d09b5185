import { PackageNotAllowedError } from '../model/package-grammar.js';
import { packageName, versionSpec } from './npm-grammar.js';

const refusal = (check: () => unknown): unknown => {
  try {
    return check();
  } catch (error) {
    return error;
  }
};

describe('packageName', () => {
  it('refuses endless names at once', () => {
    expect(refusal(() => packageName(`@${'a'.repeat(10_000_000)}`))).toBeInstanceOf(PackageNotAllowedError);
  });

  it.each(['weather', '@acme/weather-server', 'JSONStream', 'a', 'lodash.merge', '~tilde', '0x', `${'a'.repeat(214)}`])(
    'takes %s',
    (name) => {
      expect(packageName(name)).toBe(name);
    },
  );

  it.each([
    '',
    ' ',
    ' weather',
    'weather\n',
    'wea ther',
    'weather\0',
    ';id',
    '$(id)',
    '`id`',
    '|id',
    '.',
    '..',
    '../weather',
    './weather',
    '.hidden',
    '_private',
    '@/x',
    '@acme/',
    '@acme/..',
    '@acme/.x',
    '@../x',
    '@acme',
    'acme/weather',
    'acme/weather#main',
    'github:acme/weather',
    '-g',
    '--registry=http://evil.example',
    '--version',
    'git+https://evil.example/x.git',
    'git+ssh://git@evil.example/x.git',
    'git@github.com:acme/x.git',
    'http://evil.example/x.tgz',
    'https://evil.example/x.tgz',
    'file:../x',
    'x.tgz',
    'weather@1.0.0',
    'weather@http://evil.example/x.tgz',
    'npm:weather',
    'alias@npm:weather',
    '/etc/passwd',
    'C:\\x',
    'node_modules',
    'favicon.ico',
    'wätter',
    'a'.repeat(215),
    'a'.repeat(300),
  ])('refuses %j', (name) => {
    const error = refusal(() => packageName(name));
    expect(error).toBeInstanceOf(PackageNotAllowedError);
    expect(error).toMatchObject({ field: 'name' });
  });
});

describe('versionSpec', () => {
  it('refuses endless versions at once', () => {
    expect(refusal(() => versionSpec('1.'.repeat(5_000_000)))).toBeInstanceOf(PackageNotAllowedError);
  });

  it.each(['1.2.3', 'v1.2.3', '1.2.3-beta.1+build', '1', '1.x', '*', '^1.2.0', '~1.2', '>=1.2.0 <2', '1.0.0 - 2.0.0'])(
    'takes the version or range %s',
    (version) => {
      expect(versionSpec(version)).toBe(version);
    },
  );

  it.each(['<2 || >3', 'latest', 'next', 'beta-1', 'canary.2'])('takes the range or tag %s', (version) => {
    expect(versionSpec(version)).toBe(version);
  });

  it.each([
    '',
    ' ',
    ' 1.0.0',
    '1.0.0\n',
    '1.0.0\t',
    '1.0.0\0',
    '1.0.0; id',
    ';id',
    '&& id',
    '$(id)',
    '--registry=http://evil.example',
    '-1',
    '..',
    '.',
    '../x',
    'file:../x',
    'x.tgz',
    'npm:other@1.0.0',
    'git+https://evil.example/x.git',
    'git+ssh://git@evil.example/x.git',
    'http://evil.example/x.tgz',
    'acme/weather',
    'github:acme/weather',
    'git@github.com:acme/x.git',
    '1.0.0@2.0.0',
    'a'.repeat(300),
  ])('refuses %j', (version) => {
    const error = refusal(() => versionSpec(version));
    expect(error).toBeInstanceOf(PackageNotAllowedError);
    expect(error).toMatchObject({ field: 'version' });
  });
});
