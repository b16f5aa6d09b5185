import { Logger } from '@nestjs/common';
import { TestGateway, until } from '../../testing/src/gateway.js';

const WHY = 'WEATHER_API_KEY is required';
let gateway: TestGateway;
let warnings: Record<string, unknown>[];

beforeEach(async () => {
  warnings = [];
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => {
    if (typeof message === 'object' && message !== null) warnings.push(message as Record<string, unknown>);
  });
  gateway = await TestGateway.start();
});
afterEach(() => gateway.destroy());

const lastErrorOf = async (name: string): Promise<string> => {
  let lastError: string | undefined;
  await until(async () => {
    ({ lastError } = (await gateway.rest('GET', `/mcp/servers/${name}`)).body.server);
    return lastError !== undefined;
  });
  return lastError!;
};

describe('a program that ends at its start', () => {
  it.each([
    [
      'an error',
      'node',
      `throw new Error('${WHY}')`,
      /^The server exited with code 1: Error: WEATHER_API_KEY is required/,
    ],
    ['a rejection', 'node', `Promise.reject(new Error('${WHY}'))`, /code 1: Error: WEATHER_API_KEY is required/],
    ['words on stdout', 'node', `process.stdout.write('${WHY}')`, /code 0: WEATHER_API_KEY is required/],
    ['a KeyError', 'python3', `import os; os.environ['WEATHER_API_KEY']`, /code 1: KeyError: 'WEATHER_API_KEY'/],
    ['a code alone', 'node', 'process.exit(7)', /^The server exited with code 7$/],
  ])('says why: %s', async (_what, command, code, expected) => {
    const args = [command === 'node' ? '-e' : '-c', code];
    const { status, body } = await gateway.rest('POST', '/mcp/servers', { name: 'dies', command, args });
    expect([status, body.success]).toEqual([200, true]);
    expect(body.warning).toMatch(/^Server dies (?:does not run: The server exited|is still starting)/);
    expect(await lastErrorOf('dies')).toMatch(expected);
  });

  it('is not started for ever if it needs a variable, and starts when that is set', async () => {
    const code = `if (!process.env.WEATHER_API_KEY) throw new Error('${WHY}'); setInterval(() => {}, 1e6)`;
    await gateway.rest('POST', '/mcp/servers', { name: 'poor', command: 'node', args: ['-e', code] });
    expect(await lastErrorOf('poor')).toContain(
      'It needs WEATHER_API_KEY: send PUT /mcp/servers/poor with {"env":{"WEATHER_API_KEY":"..."}}',
    );
    await until(() => warnings.some(({ msg }) => msg === 'a server stays down'));
    expect(warnings.filter(({ msg }) => msg === 'a server is down')).toHaveLength(2);
    const changed = await gateway.rest('PUT', '/mcp/servers/poor', {
      env: { WEATHER_API_KEY: 'k' },
      startupTimeout: 300_000,
    });
    expect(changed.body.server).toMatchObject({ status: 'connecting' });
    expect(changed.body.warning).toBe('Server poor is still starting: GET /mcp/servers/poor shows its status');
  });
});
