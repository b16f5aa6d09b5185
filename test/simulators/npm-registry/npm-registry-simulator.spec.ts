import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { integrityOf } from './tarball.js';
import { mcpServer, NpmRegistrySimulator, serverWithDependencies, serverWithPostinstall } from './index.js';

const ABBREVIATED = { accept: 'application/vnd.npm.install-v1+json' };

interface Document {
  readonly 'dist-tags': Record<string, string>;
  readonly versions: Record<string, { dist: { tarball: string; integrity: string } } & Record<string, unknown>>;
  readonly time?: Record<string, string>;
}

let registry: NpmRegistrySimulator;

beforeEach(async () => {
  registry = await NpmRegistrySimulator.start();
});

afterEach(() => registry.stop());

async function documentOf(name: string, headers: Record<string, string> = {}): Promise<Document> {
  return (await (await fetch(`${registry.url}/${name}`, { headers })).json()) as Document;
}

describe('the simulated npm registry', () => {
  it('serves a document, in full and abbreviated', async () => {
    await registry.publish(serverWithPostinstall({ version: '1.0.0' }));
    await registry.publish({ ...mcpServer({ version: '2.0.0' }), tag: 'next' });
    registry.deprecate('weather', '1.0.0', 'use 2.0.0');
    const full = await documentOf('weather');
    expect(full).toMatchObject({
      'dist-tags': { latest: '1.0.0', next: '2.0.0' },
      time: { '1.0.0': expect.any(String) },
      versions: { '1.0.0': { scripts: { postinstall: 'node postinstall.js' }, deprecated: 'use 2.0.0' } },
    });
    const short = await documentOf('weather', ABBREVIATED);
    expect(short.versions['2.0.0']).toMatchObject({ name: 'weather', bin: 'index.js' });
    expect(short.versions['1.0.0']).not.toHaveProperty('scripts');
    expect(short).not.toHaveProperty('time');
  });

  it('serves tarballs with the integrity that it promises, until one is replaced', async () => {
    const definition = mcpServer({ name: '@acme/weather' });
    const { integrity } = await registry.publish(definition);
    const { dist } = (await documentOf('@acme%2fweather')).versions['1.0.0'];
    const served = async (): Promise<string> =>
      integrityOf(Buffer.from(await (await fetch(dist.tarball)).arrayBuffer()));
    expect(dist.integrity).toBe(integrity);
    await expect(served()).resolves.toBe(integrity);
    await registry.replaceTarball({ ...definition, files: { 'index.js': 'evil()' } });
    await expect(served()).resolves.not.toBe(integrity);
    expect((await documentOf('@acme%2fweather')).versions['1.0.0'].dist.integrity).toBe(integrity);
  });

  it('answers 304 until the document changes', async () => {
    await registry.publish(mcpServer());
    const etag = (await fetch(`${registry.url}/weather`)).headers.get('etag')!;
    const again = (): Promise<Response> => fetch(`${registry.url}/weather`, { headers: { 'if-none-match': etag } });
    expect(await again()).toMatchObject({ status: 304 });
    await registry.publish(mcpServer({ version: '1.1.0' }));
    expect(await again()).toMatchObject({ status: 200 });
  });

  it('misbehaves as it is told, and counts', async () => {
    await registry.publish(mcpServer());
    registry.next('document weather', { status: 401 });
    expect(await fetch(`${registry.url}/weather`)).toMatchObject({ status: 401 });
    registry.next('tarball weather', 'cut');
    const tarball = await fetch((await documentOf('weather')).versions['1.0.0'].dist.tarball);
    await expect(tarball.arrayBuffer()).rejects.toThrow();
    expect(await fetch(`${registry.url}/nothing`)).toMatchObject({ status: 404 });
    expect(registry.counts.total).toBe(4);
    expect(registry.requestsTo('tarball weather')).toHaveLength(1);
  });

  it('asks another registry for what it does not have', async () => {
    await registry.publishAll(serverWithDependencies({ name: 'forecast' }));
    const front = await NpmRegistrySimulator.start({ upstream: registry.url });
    try {
      const { versions } = (await (await fetch(`${front.url}/forecast`)).json()) as Document;
      expect(versions['1.0.0']).toMatchObject({ dependencies: { 'forecast-words': '^1.0.0' } });
      expect(await fetch(`${front.url}/nothing`)).toMatchObject({ status: 404 });
    } finally {
      await front.stop();
    }
  });

  it('publishes MCP servers that answer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'manifold-server-'));
    const file = join(folder, 'index.js');
    await writeFile(file, mcpServer({ tools: ['forecast', 'warnings'] }).files!['index.js']);
    const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const ask = async (method: string, params: object): Promise<unknown> => {
        child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`);
        return JSON.parse((await lines.next()).value as string);
      };
      expect(await ask('initialize', { protocolVersion: '2025-11-25' })).toMatchObject({
        result: { protocolVersion: '2025-11-25', serverInfo: { name: 'weather', version: '1.0.0' } },
      });
      expect(await ask('tools/list', {})).toMatchObject({
        result: { tools: [{ name: 'forecast' }, { name: 'warnings' }] },
      });
      const call = await ask('tools/call', { name: 'forecast', arguments: { city: 'Bern' } });
      expect(JSON.stringify(call)).toContain('Bern');
    } finally {
      child.stdin.end();
      await once(child, 'exit');
      await rm(folder, { recursive: true });
    }
  });
});
