import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { possibleModes } from '@manifold/launcher/testing';
import { serverWithPostinstall, type PackageDefinition } from '../../../test/simulators/npm-registry/index.js';
import { sourceDistribution, wheel } from '../../../test/simulators/python-index/index.js';
import { eventually } from '../../../test/support/eventually.js';
import { processesNaming } from '../../../test/support/process-tree.js';
import { NpmFixture } from '../testing/src/npm-fixture.js';
import { PythonFixture } from '../testing/src/python-fixture.js';

/** A package whose install script tries to reach what is not its own, and leaves a process and a link behind. */
function hostile(mark: string, others: Readonly<Record<string, string>>): PackageDefinition {
  const definition = serverWithPostinstall();
  const script = `
    const fs = require('node:fs');
    const tried = { uid: process.getuid() };
    for (const [name, path] of Object.entries(${JSON.stringify(others)})) {
      try { tried[name] = fs.readdirSync(path).length + ' entries'; }
      catch (error) {
        try { tried[name] = error.code === 'ENOTDIR' ? fs.readFileSync(path, 'utf8') : 'refused'; }
        catch { tried[name] = 'refused'; }
      }
    }
    fs.symlinkSync('/etc/passwd', 'way-out');
    fs.writeFileSync('tried.json', JSON.stringify(tried));
    const { spawn } = require('node:child_process');
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '${mark}'], { detached: true, stdio: 'ignore' }).unref();
  `;
  return { ...definition, files: { ...definition.files, 'postinstall.js': script } };
}

/** Returns the paths of all that does not belong to this process. */
function foreignIn(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
  return [folder, ...paths].filter((path) => lstatSync(path).uid !== process.getuid!());
}

function canReadSources(): boolean {
  const read = `require('node:fs').accessSync(${JSON.stringify(import.meta.filename)}); require.resolve('pacote')`;
  const other = { uid: 200_000, gid: 200_000, cwd: import.meta.dirname, env: {} };
  return spawnSync(process.execPath, ['-e', read], other).status === 0;
}

// The sources of the install program are compiled by a library that does not load in the sandbox of bubblewrap; test/e2e runs the build there.
// Without root no program can have a user of its own, and in a checkout that is closed to others it cannot read the install program.
const canBeOther = possibleModes.includes('uid') && canReadSources();
const asRoot = canBeOther ? describe : describe.skip;

asRoot('An install of npm as another user', () => {
  const environment = { SERVER_SANDBOX: 'uid' };

  it('runs scripts that reach neither the gateway nor the cache, and leaves nothing of theirs alive', async () => {
    const fixture = await NpmFixture.start({}, environment);
    try {
      const { launching, registry, settings } = fixture;
      const key = launching.write('key', 'secret');
      chmodSync(key, 0o600);
      const mark = `left-by-${launching.dataDir.replace(/\W/g, '-')}`;
      await registry.publish(serverWithPostinstall({ name: 'before' }));
      await fixture.begin({ tenant: 'acme', name: 'before' }).result;
      const [cache] = readdirSync(settings.cacheDir);
      const others = { key, data: launching.dataDir, cache: join(settings.cacheDir, cache) };
      await registry.publish(hostile(mark, others));
      const install = fixture.begin({ tenant: 'acme', name: 'weather', allowScripts: true });
      await expect(install.result).resolves.toMatchObject({ version: '1.0.0' });

      const own = join(install.folder, 'node_modules/weather');
      const { uid, ...tried } = JSON.parse(readFileSync(join(own, 'tried.json'), 'utf8')) as Record<string, unknown>;
      expect(uid).not.toBe(0);
      expect(tried).toEqual({ key: 'refused', data: 'refused', cache: 'refused' });
      expect(existsSync(join(own, 'way-out'))).toBe(false);
      expect(foreignIn(install.folder)).toEqual([]);
      await eventually('the process that the script has left is gone', () => processesNaming(mark).length === 0);
    } finally {
      await fixture.stop();
    }
  });
});

/** A Python that other users can run. One in the home of root may come first in PATH. */
const PYTHON = '/usr/bin/python3';
const hasPython = spawnSync(PYTHON, ['-c', 'import ensurepip, venv'], { env: {} }).status === 0;
// Where neither root nor bubblewrap is at hand, or that Python is missing, nothing can keep pip apart.
const modes =
  possibleModes.length > 0 && hasPython ? describe.each(possibleModes) : describe.skip.each(['bubblewrap', 'uid']);

modes('An install of pip in mode %s', (mode) => {
  it('builds from source, and the environment works and belongs to the gateway', async () => {
    const fixture = await PythonFixture.open({ SERVER_SANDBOX: mode });
    try {
      fixture.index.add(sourceDistribution('built', '1.0', '/dev/null'), wheel({ name: 'plain', version: '2.0' }));
      const built = await fixture.install({ tenant: 'acme', name: 'built', allowScripts: true });
      const plain = await fixture.install({ tenant: 'acme', name: 'plain' });
      expect([built.version, plain.version]).toEqual(['1.0', '2.0']);
      for (const { folder } of [built, plain]) {
        expect(foreignIn(folder)).toEqual([]);
        expect(existsSync(join(folder, 'bin/python'))).toBe(true);
      }
      expect(
        await fixture.installer().latestVersion({ tenant: 'acme', name: 'plain', allowScripts: false }, never),
      ).toBe('2.0');
    } finally {
      await fixture.close();
    }
  });
});

const never = new AbortController().signal;

describe('The cache of npm', () => {
  it('is one of a tenant, and no install that runs scripts reads or fills it', async () => {
    const fixture = await NpmFixture.start({}, canBeOther ? { SERVER_SANDBOX: 'uid' } : {});
    try {
      const { registry } = fixture;
      await registry.publish(serverWithPostinstall());
      const downloadsBy = async (tenant: string, allowScripts: boolean): Promise<number> => {
        registry.clearRequests();
        await fixture.begin({ tenant, name: 'weather', allowScripts }).result;
        return registry.requestsTo('tarball weather').length;
      };
      expect(await downloadsBy('default', true)).toBe(1);
      expect(await downloadsBy('default', false)).toBe(1);
      expect(await downloadsBy('default', false)).toBe(0);
      expect(await downloadsBy('default', true)).toBe(1);
      if (canBeOther) expect(await downloadsBy('acme', false)).toBe(1);
    } finally {
      await fixture.stop();
    }
  });
});
