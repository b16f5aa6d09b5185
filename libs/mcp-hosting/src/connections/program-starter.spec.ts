import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { loadConfig } from '@manifold/config';
import { testProxy } from '@manifold/egress/testing';
import { possibleModes, TestLauncher } from '@manifold/launcher/testing';
import { ProgramStarter } from './program-starter.js';

const VARIABLES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

describe('a program of a server with the network of the gateway', () => {
  const before = VARIABLES.map((name) => [name, process.env[name]] as const);
  const proxy = testProxy();
  let launching: TestLauncher;

  beforeEach(async () => {
    launching = await TestLauncher.start();
    for (const name of VARIABLES) delete process.env[name];
  });
  afterEach(() => {
    launching.end();
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  afterAll(() => proxy.onApplicationShutdown());

  const environmentOf = async (env: Record<string, string> = {}): Promise<Record<string, string>> => {
    const starter = new ProgramStarter(loadConfig({ SERVER_SANDBOX: 'none' }), launching.launcher, proxy);
    const args = ['-e', 'process.stdout.write(JSON.stringify(process.env))'];
    const { streams } = await starter.start({
      owner: { tenant: 'default', server: 'shown' },
      program: { transportType: 'stdio', command: process.execPath, args, env } as never,
    });
    return JSON.parse(await text(streams.stdout)) as Record<string, string>;
  };

  it('gets the proxy of the operator and the certificates, unless its settings name others', async () => {
    const url = 'http://proxy.test:3128';
    Object.assign(process.env, { https_proxy: url, NO_PROXY: '.corp.test', SSL_CERT_FILE: '/ca.pem' });
    const found = await environmentOf({ SSL_CERT_FILE: '/own.pem' });
    const past = 'localhost,127.0.0.1,::1,.corp.test';
    expect(found).toMatchObject({ HTTPS_PROXY: url, https_proxy: url, NO_PROXY: past, no_proxy: past });
    expect(found).toMatchObject({ SSL_CERT_FILE: '/own.pem', NODE_USE_ENV_PROXY: '1' });
    expect(found).not.toHaveProperty('HTTP_PROXY');
  });

  it('gets the proxy of the gateway where that of the operator wants credentials', async () => {
    Object.assign(process.env, { HTTPS_PROXY: 'http://user:pa55word@proxy.test:3128', NO_PROXY: '.corp.test' });
    const found = await environmentOf();
    expect(new URL(found.HTTPS_PROXY!)).toMatchObject({ hostname: '127.0.0.1' });
    expect(found.NO_PROXY).toContain('.corp.test');
    expect(JSON.stringify(found)).not.toMatch(/pa55word|proxy\.test/);
  });

  it('gets no proxy where there is none', async () => {
    expect(Object.keys(await environmentOf()).filter((name) => /proxy/i.test(name))).toEqual([]);
  });

  (possibleModes.includes('bubblewrap') ? describe : describe.skip)('in a sandbox', () => {
    /** A folder that programs do not see, and one that they see. */
    let [hidden, seen] = ['', ''];

    /** Returns what a program reads at the path, or why it cannot. */
    const read = async (path: string): Promise<string> => {
      const sandboxed = await TestLauncher.start({ SERVER_SANDBOX: 'bubblewrap' });
      try {
        const starter = new ProgramStarter(loadConfig({ SERVER_SANDBOX: 'bubblewrap' }), sandboxed.launcher, proxy);
        const program = `const { readFileSync } = require('node:fs');
          try { process.stdout.write(readFileSync(process.env.WANTED)); } catch (error) { process.stdout.write(error.code); }`;
        const { streams } = await starter.start({
          owner: { tenant: 'default', server: 'shown' },
          program: {
            transportType: 'stdio',
            command: process.execPath,
            args: ['-e', program],
            env: { WANTED: path },
          } as never,
        });
        return (await text(streams.stdout)) + (await text(streams.stderr));
      } finally {
        sandboxed.end();
      }
    };

    beforeEach(() => {
      [hidden, seen] = ['/tmp', '/var/tmp'].map((place) => mkdtempSync(join(place, 'manifold-certificates-'))) as [
        string,
        string,
      ];
      for (const folder of [hidden, seen]) chmodSync(folder, 0o755);
      mkdirSync(join(hidden, '..data'));
      writeFileSync(join(hidden, '..data', 'ca.pem'), 'certificate');
      symlinkSync('..data/ca.pem', join(hidden, 'ca.pem')); // as Kubernetes mounts files
      symlinkSync(join(hidden, '..data'), join(hidden, 'linked'));
      symlinkSync(join(hidden, 'ca.pem'), join(seen, 'ca.pem'));
      symlinkSync(hidden, join(seen, 'linked'));
    });
    afterEach(() => {
      for (const folder of [hidden, seen]) rmSync(folder, { recursive: true });
    });

    it.each([
      ['..data/ca.pem', () => join(hidden, '..data/ca.pem')],
      ['a link', () => join(hidden, 'ca.pem')],
      ['a path with a link', () => join(hidden, 'linked/ca.pem')],
      ['a link from elsewhere', () => join(seen, 'ca.pem')],
      ['a path with a link from elsewhere', () => join(seen, 'linked/ca.pem')],
    ])('reads the certificates at %s', async (_, path) => {
      process.env.SSL_CERT_FILE = path();
      expect(await read(path())).toBe('certificate');
    });

    it('starts also where its user may not read the certificates', async () => {
      process.env.SSL_CERT_FILE = join(hidden, 'ca.pem');
      chmodSync(hidden, 0o700);
      expect(await read(join(hidden, 'ca.pem'))).toBe(process.getuid?.() === 0 ? 'ENOENT' : 'certificate');
    });

    it('reads folders of certificates, but no folder in which others have their files', async () => {
      const file = join(hidden, '..data/ca.pem');
      process.env.SSL_CERT_DIR = `/nowhere:${hidden}`;
      expect(await read(file)).toBe('certificate');
      process.env.SSL_CERT_DIR = '/tmp';
      expect(await read(file)).toBe('ENOENT');
    });
  });
});

describe('a program of a package', () => {
  const proxy = testProxy();
  const root = mkdtempSync(join(tmpdir(), 'manifold-packages-'));
  let launching: TestLauncher;

  beforeAll(async () => {
    launching = await TestLauncher.start();
    for (const name of ['one', 'two']) {
      const programs = join(root, name, 'node_modules/.bin');
      mkdirSync(programs, { recursive: true });
      writeFileSync(join(programs, `helper-of-${name}`), `#!/bin/sh\necho "help of ${name}"\n`, { mode: 0o755 });
    }
    mkdirSync(join(root, 'python'));
    chmodSync(root, 0o755);
  });
  afterAll(() => {
    launching.end();
    proxy.onApplicationShutdown();
    rmSync(root, { recursive: true });
  });

  const said = async (folder: string | undefined, script: string, env: Record<string, string> = {}) => {
    const starter = new ProgramStarter(loadConfig({ SERVER_SANDBOX: 'none' }), launching.launcher, proxy);
    const { streams } = await starter.start({
      owner: { tenant: 'default', server: 'packaged' },
      program: { transportType: 'stdio', command: '/bin/sh', args: ['-c', script], env } as never,
      folder: folder && join(root, folder),
    });
    return (await text(streams.stdout)).trim();
  };

  it('starts programs of the dependencies of its own package by their name, and of no other', async () => {
    const script = 'helper-of-one; command -v helper-of-two || echo none';
    expect(await said('one', script)).toBe('help of one\nnone');
    expect(await said('one', script, { PATH: '/bin' })).toBe('help of one\nnone');
    expect(await said(undefined, 'command -v helper-of-one || echo none')).toBe('none');
  });

  it('has the PATH of the gateway otherwise', async () => {
    expect(await said('python', 'echo "$PATH"')).toBe(process.env.PATH);
    expect(await said('one', 'echo "$PATH"')).toBe(`${join(root, 'one/node_modules/.bin')}:${process.env.PATH}`);
  });

  it('names PYTHON_BIN where the Python of its environment may not be executed, and only there', async () => {
    const bin = join(root, 'python/bin');
    mkdirSync(bin);
    for (const name of ['python', 'other']) writeFileSync(join(bin, name), '', { mode: 0o644 });
    const starter = new ProgramStarter(loadConfig({ SERVER_SANDBOX: 'none' }), launching.launcher, proxy);
    const refusal = (command: string, folder?: string) =>
      starter
        .start({
          owner: { tenant: 'default', server: 'packaged' },
          program: { transportType: 'stdio', command, args: [], env: {} } as never,
          folder,
        })
        .catch((error: Error) => error.message);
    const python = join(bin, 'python');
    const fault = `Cannot start "${python}": it may not be executed`;
    expect(await refusal(python, join(root, 'python'))).toBe(
      `${fault}. Set PYTHON_BIN to a Python that all users can run, and install the package again`,
    );
    expect(await refusal(python)).toBe(fault);
    expect(await refusal(join(bin, 'other'), join(root, 'python'))).toMatch(/may not be executed$/);
  });
});
