import { existsSync } from 'node:fs';
import { eventually } from '../../../../../test/support/eventually.js';
import { TestGateway } from '../../testing/src/gateway.js';

const DEVELOPMENT = { NODE_ENV: 'development' };

const names = async (gateway: TestGateway): Promise<string[]> =>
  (await gateway.rest('GET', '/mcp/servers')).body.servers.map((server: { name: string }) => server.name);

afterAll(() => TestGateway.destroyAll());

describe('the first server', () => {
  it('is there on the first start in development, with tools in the first listing', async () => {
    const gateway = await TestGateway.start({ environment: DEVELOPMENT });
    const { body } = await gateway.rest('GET', '/mcp/servers/everything');
    expect(body.server).toMatchObject({ enabled: true });
    expect(existsSync(body.server.command)).toBe(true);
    expect((await gateway.list()).map(({ publicName }) => publicName)).toContain('everything_echo');
    await gateway.destroy();
  });

  it('does not come back after it was deleted', async () => {
    const first = await TestGateway.start({ environment: DEVELOPMENT });
    await first.rest('DELETE', '/mcp/servers/everything');
    await first.stop();
    const second = await TestGateway.start({ environment: DEVELOPMENT, dataDir: first.dataDir });
    expect(await names(second)).toEqual([]);
    await second.destroy();
  });

  it('starts after an upgrade from a version in which servers ran in the folder of the gateway', async () => {
    const args = ['node_modules/@modelcontextprotocol/server-everything/dist/index.js', 'stdio'];
    const first = await TestGateway.start({ environment: DEVELOPMENT });
    await first.rest('PUT', '/mcp/servers/everything', { command: 'node', args });
    await first.stop();
    const second = await TestGateway.start({ environment: DEVELOPMENT, dataDir: first.dataDir });
    const { body } = await second.rest('GET', '/mcp/servers/everything');
    expect(body.server).toMatchObject({ args: ['stdio'] });
    await eventually('its tools are listed', async () =>
      (await second.list()).some(({ publicName }) => publicName === 'everything_echo'),
    );
    await second.destroy();
  });

  it('is registered once by two starts', async () => {
    const first = await TestGateway.start({ environment: DEVELOPMENT });
    await first.stop();
    const second = await TestGateway.start({ environment: DEVELOPMENT, dataDir: first.dataDir });
    expect(await names(second)).toEqual(['everything']);
    await second.destroy();
  });

  it.each([{}, { ...DEVELOPMENT, SAMPLE_SERVER: 'false' }])(
    'is not there in production or when it is switched off: %j',
    async (environment) => {
      const gateway = await TestGateway.start({ environment });
      expect(await names(gateway)).toEqual([]);
      await gateway.destroy();
    },
  );

  it('is there in production where an operator wants it', async () => {
    const gateway = await TestGateway.start({ environment: { SAMPLE_SERVER: 'true' } });
    expect(await names(gateway)).toEqual(['everything']);
    await gateway.destroy();
  });
});
