import 'reflect-metadata';
import { DtoValidationPipe, ProblemError } from '@manifold/rest';
import { SECRET_NAME, SERVER_NAME, ServerSettingsDto } from '@manifold/server-model';
import { understoodInstall } from '../../rest/install-request.js';
import { packageName } from '../../npm/index.js';
import { InstallPackageDto } from '../../rest/packages.dto.js';
import { pythonModule, pythonName } from '../../python/index.js';
import { BUNDLED_SERVERS } from './bundled-servers.js';
import { dataFilesOf } from './data-files.js';

const ENV_NAME = /^[A-Z][A-Z0-9_]*$/;

const serverOf = (name: string) => BUNDLED_SERVERS.find((server) => server.name === name)!;
const bodyOf = (name: string): Record<string, unknown> => serverOf(name).install!.body;

/** Returns the faults that the route finds in a body. */
async function faultsOf(body: Record<string, unknown>, path: string): Promise<unknown> {
  const pipe = new DtoValidationPipe();
  try {
    if (path === '/packages/install') {
      const dto = await pipe.transform(body, { type: 'body', metatype: InstallPackageDto });
      understoodInstall(dto as InstallPackageDto);
    } else {
      const settings = Object.fromEntries(Object.entries(body).filter(([member]) => member !== 'name'));
      await pipe.transform(settings, { type: 'body', metatype: ServerSettingsDto });
    }
    return [];
  } catch (error) {
    return error instanceof ProblemError ? error.errors : error;
  }
}

const names = BUNDLED_SERVERS.map(({ name }) => name);
const programs = BUNDLED_SERVERS.filter(({ runtime }) => runtime === 'npm' || runtime === 'python').map(
  ({ name }) => name,
);
const remotes = BUNDLED_SERVERS.filter(({ runtime }) => runtime === 'remote').map(({ name }) => name);

describe('the bundled servers', () => {
  it('are many, and no name, title, package or endpoint is there twice', () => {
    expect(names.length).toBeGreaterThanOrEqual(40);
    const keys = BUNDLED_SERVERS.map((server) => server.package ?? server.url);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(BUNDLED_SERVERS.map(({ title }) => title)).size).toBe(names.length);
  });

  it.each(names)('%s has a name for a server, words for people and a homepage', (name) => {
    const server = serverOf(name);
    expect(name).toMatch(SERVER_NAME);
    expect(server).toMatchObject({ source: 'bundled', title: expect.stringMatching(/\S/) });
    expect(server.description).toMatch(/^[A-Z].{15,200}\.$/);
    expect(new URL(server.homepage!).protocol).toBe('https:');
    for (const { purpose, from } of server.needs.secrets) expect([purpose, from]).not.toContain(undefined);
  });

  it.each(names)('%s is installed with settings that the gateway accepts', async (name) => {
    expect(await faultsOf(bodyOf(name), serverOf(name).install!.path)).toEqual([]);
  });

  it.each(names)('%s says of each placeholder in its body what it stands for, and of no other', (name) => {
    const { needs } = serverOf(name);
    const inBody = JSON.stringify(bodyOf(name)).match(/\{[a-z-]+\}/g) ?? [];
    expect(needs.arguments.map(({ placeholder }) => placeholder).sort()).toEqual([...new Set(inBody)].sort());
    for (const { example } of needs.arguments) expect(example).toMatch(/\S/);
  });

  it.each(programs)('%s is a package, and gets its secrets in the environment of a process of its own', (name) => {
    const server = serverOf(name);
    const { body, path } = server.install!;
    expect(path).toBe('/packages/install');
    expect(body).toMatchObject({ name: server.package, serverName: name });
    if (server.runtime === 'npm') {
      expect(packageName(server.package!)).toBe(server.package);
    } else {
      expect(pythonName(server.package!)).toBe(server.package);
      expect(pythonModule(String(body.pythonModule))).toBe(body.pythonModule);
    }
    const secrets = server.needs.secrets.map((secret) => secret.name);
    expect(secrets.filter((secret) => !ENV_NAME.test(secret))).toEqual([]);
    expect(body.secretNames).toEqual(secrets.length > 0 ? secrets : undefined);
    expect(body.secretsAs).toBe(secrets.length > 0 ? 'environment' : undefined);
    if (secrets.length > 0) expect(body.isolation).toBe('user');
  });

  it('keep the files of Memory in the data folder of its server, unless the settings name another place', () => {
    const { package: name, install } = serverOf('memory');
    expect(dataFilesOf('node', name!)).toEqual({ MEMORY_FILE_PATH: 'memory.jsonl' });
    expect(install!.body).not.toHaveProperty('env');
    expect(dataFilesOf('python', name!)).toBeUndefined();
  });

  it.each(remotes)('%s is an endpoint, and gets its secrets as headers', (name) => {
    const server = serverOf(name);
    const { body, path } = server.install!;
    expect(path).toBe('/mcp/servers');
    expect(body).toMatchObject({ name, url: server.url, transportType: 'streamable_http' });
    expect(server.url).toMatch(/^https:/);
    const secrets = server.needs.secrets.map((secret) => secret.name);
    expect(body.secretNames).toEqual(secrets.length > 0 ? secrets : undefined);
    expect(body.secretsAs).toBe(secrets.length > 0 ? 'headers' : undefined);
    const templates = Object.values((body.secretHeaders as Record<string, string> | undefined) ?? {});
    expect(secrets.filter((secret) => !SECRET_NAME.test(secret))).toEqual([]);
    expect(templates.flatMap((template) => template.match(/(?<=\{)[A-Z0-9_]+(?=\})/g))).toEqual(secrets);
  });
});
