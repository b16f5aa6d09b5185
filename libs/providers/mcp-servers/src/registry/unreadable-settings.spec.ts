import { SERVERS, type ServerRecord } from '@manifold/mcp-hosting';
import type { CollectionSpec, Fields } from '@manifold/store';
import { openStore } from '@manifold/store/testing';
import { registration, TestGateway, textOf } from '../../testing/src/gateway.js';

type StoredRecord = ServerRecord & { confidential: Fields & { sealed: string } };

describe('a server whose confidential settings do not open', () => {
  let gateway: TestGateway;

  afterEach(() => TestGateway.destroyAll());

  /** Reads the record of the server, and writes what `change` makes of it, as whoever has the database can. */
  async function stored(change: (record: StoredRecord) => StoredRecord = (record) => record): Promise<StoredRecord> {
    const plain = { ...(SERVERS as unknown as CollectionSpec<StoredRecord>), confidential: undefined };
    const { store, close } = await openStore({ DATA_DIR: gateway.dataDir });
    const records = store.collection<StoredRecord>(plain);
    const [found] = await records.find({});
    const { id, revision, value } = found!;
    const changed = change(value);
    if (changed !== value) await records.update(id, revision, changed);
    await close();
    return changed;
  }
  const withSealed = (confidential: StoredRecord['confidential']) => stored((record) => ({ ...record, confidential }));

  it.each<[string, (sealed: string) => string]>([
    ['were changed in the database', (sealed) => `${sealed.slice(0, -8)}AAAAAAA=`],
    ['are those of another record', (sealed) => [...sealed].reverse().join('')],
  ])('because they %s is not started, and keeps them whatever else is written', async (_, tampered) => {
    gateway = await TestGateway.start();
    const { dataDir } = gateway;
    const settings = { ...registration('tool', '--also=variable'), env: { API_KEY: 'canary-of-an-operator' } };
    expect((await gateway.rest('POST', '/mcp/servers', settings)).status).toBe(200);
    const digest = textOf(await gateway.call('tool_variable', { name: 'API_KEY' }));
    await gateway.stop();
    const { confidential } = await stored();
    expect(JSON.stringify(await stored())).not.toContain('canary');
    const broken = { ...confidential, sealed: tampered(confidential.sealed) };
    await withSealed(broken);

    gateway = await TestGateway.start({ dataDir });
    const path = '/mcp/servers/tool';
    expect((await gateway.rest('GET', path)).body.server).toMatchObject({
      enabled: false,
      env: { API_KEY: '[hidden]' },
    });
    for (const change of [
      { description: 'still there' },
      { access: { roles: ['user'] } },
      { enabled: true },
      { env: { API_KEY: '[hidden]' } },
    ]) {
      const { status, body } = await gateway.rest('PUT', path, change);
      expect([status, body.errors?.[0]?.code]).toEqual([400, 'no_stored_value']);
    }
    for (const action of ['enable', 'disable'])
      expect((await gateway.rest('PUT', `${path}/${action}`)).status).toBe(400);
    await gateway.stop();
    expect((await stored()).confidential).toEqual(broken);

    await withSealed(confidential);
    gateway = await TestGateway.start({ dataDir });
    expect(textOf(await gateway.call('tool_variable', { name: 'API_KEY' }))).toBe(digest);
  });

  it('takes them anew', async () => {
    gateway = await TestGateway.start();
    const { dataDir } = gateway;
    const env = { API_KEY: 'canary-of-an-operator' };
    expect((await gateway.rest('POST', '/mcp/servers', { ...registration('tool'), env })).status).toBe(200);
    await gateway.stop();
    const { confidential } = await stored();
    await withSealed({ ...confidential, sealed: `${confidential.sealed.slice(0, -8)}AAAAAAA=` });
    gateway = await TestGateway.start({ dataDir });
    expect((await gateway.rest('PUT', '/mcp/servers/tool', { env, enabled: true })).status).toBe(200);
    expect(textOf(await gateway.call('tool_pid'))).toMatch(/^\d+$/);
  });
});
