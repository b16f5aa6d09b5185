import { createHash } from 'node:crypto';
import { Store } from '@manifold/store';
import { registration, TestGateway, textOf } from '../../testing/src/gateway.js';

const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');
const parameters = (...names: string[]) => `--parameters=${names.join(',')}`;

interface Schema {
  readonly properties: Record<string, unknown>;
  readonly required: string[];
}

afterAll(() => TestGateway.destroyAll());

describe('parameters that secrets fill', () => {
  let gateway: TestGateway;
  beforeAll(async () => (gateway = await TestGateway.start()));
  afterAll(() => gateway.destroy());

  const register = (name: string, more: object = {}) =>
    gateway.rest('POST', '/mcp/servers', { ...registration(name, parameters('repo', 'TOKEN', 'KEY')), ...more });
  const setSecret = (user: string, serverName: string, secretName: string) =>
    gateway.rest('POST', '/secrets/set', { serverName, secretName, secretValue: `${secretName} of ${user}` }, user);
  const listed = async (server: string, user = 'alice'): Promise<string[]> => {
    const tool = (await gateway.list(user)).find(({ publicName }) => publicName === `${server}_received`)!;
    const { properties, required } = tool.definition.inputSchema as Schema;
    expect(required).toEqual(Object.keys(properties));
    return required;
  };
  /** How often listings have changed while the task ran. */
  const changesIn = async (task: () => Promise<unknown>): Promise<number> => {
    let changes = 0;
    const stop = gateway.provider.onToolsChanged(() => (changes += 1));
    await task();
    await new Promise(setImmediate);
    stop();
    return changes;
  };

  it('disappear for everybody in the tenant when somebody stores a secret, and come back with the last one', async () => {
    await register('stored');
    expect(await listed('stored')).toEqual(['repo', 'TOKEN', 'KEY']);
    expect(await changesIn(() => setSecret('alice', 'stored', 'TOKEN'))).toBe(1);
    expect(await listed('stored', 'bob')).toEqual(['repo', 'KEY']);
    expect(await changesIn(() => setSecret('bob', 'stored', 'TOKEN'))).toBe(0);
    const remove = (user: string) =>
      gateway.rest('POST', '/secrets/delete', { serverName: 'stored', secretName: 'TOKEN' }, user);
    expect(await changesIn(() => remove('alice'))).toBe(0);
    expect(await listed('stored')).toEqual(['repo', 'KEY']);
    expect(await changesIn(() => remove('bob'))).toBe(1);
    expect(await listed('stored')).toEqual(['repo', 'TOKEN', 'KEY']);
  });

  it('are those that the operator has named, whatever is stored', async () => {
    await register('named', { secretNames: ['KEY', 'ELSEWHERE'] });
    await setSecret('alice', 'named', 'TOKEN');
    expect(await listed('named')).toEqual(['repo', 'TOKEN']);
  });

  it('stay where secrets take another way', async () => {
    await register('environment', { isolation: 'user', secretsAs: 'environment', secretNames: ['TOKEN'] });
    expect(await listed('environment')).toEqual(['repo', 'TOKEN', 'KEY']);
  });

  it('are filled with the stored secret, whatever the caller says', async () => {
    await register('filled', { secretNames: ['TOKEN'] });
    await setSecret('alice', 'filled', 'TOKEN');
    await setSecret('alice', 'filled', 'KEY');
    const args = { TOKEN: 'of the model', KEY: 'of the model', repo: 'r' };
    const answer = JSON.parse(textOf(await gateway.call('filled_received', args, { user: 'alice' }))) as object;
    expect(answer).toEqual({ TOKEN: sha256('TOKEN of alice'), KEY: sha256('of the model'), repo: sha256('r') });
  });

  it('are shown to operators as the server lists them', async () => {
    const { body } = await gateway.rest('GET', '/mcp/servers/filled');
    expect(Object.keys(body.server.toolsList[0].inputSchema.properties)).toEqual(['repo', 'TOKEN', 'KEY']);
  });

  it('need no database once they are known', async () => {
    const lasting = await TestGateway.start();
    await lasting.rest('POST', '/mcp/servers', registration('known', parameters('TOKEN')));
    await lasting.list();
    (lasting.app.get(Store) as unknown as { onApplicationShutdown(): void }).onApplicationShutdown();
    expect(await lasting.list()).not.toHaveLength(0);
    await lasting.destroy();
  });
});
