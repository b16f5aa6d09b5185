import 'reflect-metadata';
import npa from 'npm-package-arg';
import { DtoValidationPipe, Problem } from '@manifold/rest';
import { SERVER_NAME, ServerSettingsDto } from '@manifold/server-hosting';
import { BUNDLED_SERVERS } from './bundled-servers.js';

const ENV_NAME = /^[A-Z][A-Z0-9_]*$/;
const PYTHON_NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const MODULE = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

const bodyOf = (name: string): Record<string, unknown> =>
  BUNDLED_SERVERS.find((server) => server.name === name)!.install!.body;

/** Parts of a body that are not settings which every server has. */
const OTHERS = [
  'name',
  'serverName',
  'runtime',
  'pythonModule',
  'pythonArgs',
  'isolation',
  'secretsAs',
  'secretNames',
  'secretHeaders',
];

async function faultsOfSettings(body: Record<string, unknown>): Promise<unknown> {
  const settings = Object.fromEntries(Object.entries(body).filter(([name]) => !OTHERS.includes(name)));
  const pipe = new DtoValidationPipe();
  try {
    await pipe.transform(settings, { type: 'body', metatype: ServerSettingsDto });
    return [];
  } catch (error) {
    return error instanceof Problem ? error.errors : error;
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
    const server = BUNDLED_SERVERS.find((one) => one.name === name)!;
    expect(name).toMatch(SERVER_NAME);
    expect(server).toMatchObject({ source: 'bundled', title: expect.stringMatching(/\S/) });
    expect(server.description).toMatch(/^[A-Z].{15,200}\.$/);
    expect(new URL(server.homepage!).protocol).toBe('https:');
    for (const { purpose, from } of server.needs.secrets) expect([purpose, from]).not.toContain(undefined);
  });

  it.each(names)('%s is installed with settings that the gateway accepts', async (name) => {
    expect(await faultsOfSettings(bodyOf(name))).toEqual([]);
  });

  it.each(names)('%s says of each placeholder in its body what it stands for, and of no other', (name) => {
    const { needs } = BUNDLED_SERVERS.find((server) => server.name === name)!;
    const inBody = JSON.stringify(bodyOf(name)).match(/\{[a-z-]+\}/g) ?? [];
    expect(needs.arguments.map(({ placeholder }) => placeholder).sort()).toEqual([...new Set(inBody)].sort());
    for (const { example } of needs.arguments) expect(example).toMatch(/\S/);
  });

  it.each(programs)('%s is a package, and gets its secrets in the environment of a process of its own', (name) => {
    const server = BUNDLED_SERVERS.find((one) => one.name === name)!;
    const { body, path } = server.install!;
    expect(path).toBe('/packages/install');
    expect(body).toMatchObject({ name: server.package, serverName: name });
    if (server.runtime === 'npm') {
      expect(npa(server.package!)).toMatchObject({ registry: true, type: 'range', name: server.package });
    } else {
      expect(server.package).toMatch(PYTHON_NAME);
      expect(body).toMatchObject({ runtime: 'python', pythonModule: expect.stringMatching(MODULE) });
    }
    const secrets = server.needs.secrets.map((secret) => secret.name);
    expect(secrets.filter((secret) => !ENV_NAME.test(secret))).toEqual([]);
    expect(body.secretNames).toEqual(secrets.length > 0 ? secrets : undefined);
    expect(body.secretsAs).toBe(secrets.length > 0 ? 'environment' : undefined);
    if (secrets.length > 0) expect(body.isolation).toBe('user');
  });

  it.each(remotes)('%s is an endpoint, and gets its secrets as headers', (name) => {
    const server = BUNDLED_SERVERS.find((one) => one.name === name)!;
    const { body, path } = server.install!;
    expect(path).toBe('/mcp/servers');
    expect(body).toMatchObject({ name, url: server.url, transportType: 'streamable_http' });
    expect(server.url).toMatch(/^https:/);
    const secrets = server.needs.secrets.map((secret) => secret.name);
    expect(body.secretNames).toEqual(secrets.length > 0 ? secrets : undefined);
    expect(body.secretsAs).toBe(secrets.length > 0 ? 'headers' : undefined);
    const templates = Object.values((body.secretHeaders as Record<string, string> | undefined) ?? {});
    expect(templates.flatMap((template) => template.match(/(?<=\{)[A-Z0-9_]+(?=\})/g))).toEqual(secrets);
  });
});
