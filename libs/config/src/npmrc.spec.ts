import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './load-config.js';
import { readNpmrc } from './npmrc.js';

describe("npm's configuration", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'manifold-npmrc-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const read = (text: string, environment: Record<string, string> = {}): Readonly<Record<string, string>> => {
    writeFileSync(join(home, '.npmrc'), text);
    return readNpmrc(undefined, { HOME: home, ...environment }, []);
  };

  it('says where scopes come from, and what is sent to each place', () => {
    const text = [
      '; comment',
      '# @no:registry=https://no.test',
      'registry = https://main.test/npm/',
      '@acme:registry="https://npm.acme.test/api/npm/"',
      "//npm.acme.test/api/npm/:_authToken='a=b'",
      '//main.test/:_auth=dXNlcjpwYXNz',
      '//main.test/npm/:username = ada',
      '//main.test/npm/:_password=cGFzcw==',
    ];
    expect(read(text.join('\r\n'))).toEqual({
      registry: 'https://main.test/npm/',
      '@acme:registry': 'https://npm.acme.test/api/npm/',
      '//npm.acme.test/api/npm/:_authToken': 'a=b',
      '//main.test/:_auth': 'dXNlcjpwYXNz',
      '//main.test/npm/:username': 'ada',
      '//main.test/npm/:_password': 'cGFzcw==',
    });
  });

  it('takes no credential without a host, no other setting, and no registry that is no URL', () => {
    expect(read('_authToken=x\n_auth=x\nignore-scripts=false\ncache=/\n@a:registry=file:///x\n//x/:cafile=y')).toEqual(
      {},
    );
  });

  it('refers to variables', () => {
    const text = '//a.test/:_authToken=${TOKEN}\n//b.test/:_authToken=${GONE}\n//c.test/:_authToken=x${GONE?}\n';
    expect(read(`${text}@\${SCOPE}:registry=https://\${SCOPE}.test`, { TOKEN: 't0k', SCOPE: 'acme' })).toEqual({
      '//a.test/:_authToken': 't0k',
      '//b.test/:_authToken': '${GONE}',
      '//c.test/:_authToken': 'x',
      '@acme:registry': 'https://acme.test',
    });
  });

  it('may be missing in the home folder, but not where NPM_CONFIG_USERCONFIG names it', () => {
    expect(readNpmrc(undefined, { HOME: home }, [])).toEqual({});
    const named = join(home, 'named');
    expect(() => loadConfig({ NPM_CONFIG_USERCONFIG: named })).toThrow(
      expect.objectContaining({ message: expect.stringContaining('NPM_CONFIG_USERCONFIG') }),
    );
    writeFileSync(named, 'registry=https://named.test');
    expect(loadConfig({ NPM_CONFIG_USERCONFIG: named }).packages).toMatchObject({ npmRegistry: 'https://named.test' });
  });

  it('is passed over in the home folder where others can change it', () => {
    expect(read('@acme:registry=https://acme.test')).not.toEqual({});
    chmodSync(join(home, '.npmrc'), 0o666);
    expect(readNpmrc(undefined, { HOME: home }, [])).toEqual({});
    expect(readNpmrc(join(home, '.npmrc'), {}, [])).toEqual({ '@acme:registry': 'https://acme.test' });
  });

  it('says where a token goes that has no NPM_REGISTRY: to the default registry only if the file is silent', () => {
    const tokenWith = (text: string) => {
      writeFileSync(join(home, '.npmrc'), text);
      const { npmRegistry, npmToken } = loadConfig({ HOME: home, NPM_TOKEN: 't0k' }).packages;
      return [npmRegistry, npmToken];
    };
    expect(tokenWith('@acme:registry=https://acme.test')).toEqual(['https://registry.npmjs.org', 't0k']);
    expect(tokenWith('//acme.test/:_authToken=${NPM_TOKEN}')).toEqual(['https://registry.npmjs.org', undefined]);
    expect(tokenWith('//acme.test/:_authToken=t0k')).toEqual(['https://registry.npmjs.org', undefined]);
    expect(tokenWith('registry=https://main.test')).toEqual(['https://main.test', undefined]);
    expect(loadConfig({ NPM_TOKEN: 't0k' }).packages.npmToken).toBe('t0k');
    expect(loadConfig({}).packages.npmToken).toBeUndefined();
  });

  it('gives way to NPM_REGISTRY, whose token goes nowhere else', () => {
    writeFileSync(join(home, '.npmrc'), 'registry=https://main.test');
    const own = { HOME: home, NPM_TOKEN: 't0k', NPM_REGISTRY: 'https://own.test' };
    expect(loadConfig(own).packages).toMatchObject({ npmRegistry: 'https://own.test', npmToken: 't0k' });
  });
});
