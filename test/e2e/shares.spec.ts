import { forge } from '@manifold/auth/testing';
import { initialize } from '../../libs/transport/testing/src/mcp-wire.js';
import { admin } from '../support/admin-command.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { WireClient } from '../support/wire-client.js';

const later = (): number => Math.floor(Date.now() / 1000) + 3600;

describe('The places of sessions in production (threat 62)', () => {
  let gateway: GatewayProcess;
  let keys: string[];

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      replicas: 1, // each replica has a pool of its own
      env: {
        NODE_ENV: 'production',
        MCP_MAX_SESSIONS: '40',
        INTEGRATION_APP_FORWARD_ONLY: 'true',
        INTEGRATION_APP_API_URL: 'http://127.0.0.1:9',
      },
    });
    keys = [];
    for (const name of ['alice', 'bob'])
      keys.push(await admin(gateway, 'create-key', '--name', name, '--roles', 'user'));
  });
  afterAll(() => gateway.dispose());

  const statusOf = async (token: string): Promise<number> => {
    const response = await new WireClient(gateway.url, { token }).post(initialize());
    await response.text();
    return response.status;
  };

  it('are not all taken by an outsider with tokens that nobody can verify', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 10; count += 1) {
      const token = forge({ alg: 'HS256' }, { id: `x${count}`, iss: 'w', exp: later() }, () => Buffer.from('forged'));
      statuses.push(await statusOf(token));
    }
    expect(statuses).toEqual([200, ...Array<number>(9).fill(429)]);
  });

  it('are not all taken by one user', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 12; count += 1) statuses.push(await statusOf(keys[0]!));
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429, 429]);
    expect(await statusOf(keys[1]!)).toBe(200);
  });
});
