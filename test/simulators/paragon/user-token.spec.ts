import { ParagonProject, ParagonSimulator } from './index.js';

const project = new ParagonProject();
const stranger = new ParagonProject();
const hour = 3600;
const now = Math.floor(Date.now() / 1000);
let simulator: ParagonSimulator;

beforeAll(async () => {
  simulator = await ParagonSimulator.start(project);
});

afterAll(() => simulator.stop());

const ROUTES = ['/actions', '/tools', '/sdk/integrations', '/sdk/me', '/sdk/proxy/slack'];

function me(authorization: string | undefined, route = '/sdk/me'): Promise<Response> {
  const headers: HeadersInit = authorization === undefined ? [] : [['authorization', authorization]];
  return fetch(`${simulator.url}/projects/${project.projectId}${route}`, { headers });
}

describe('the simulator', () => {
  it.each([
    ['of the project', () => project.token('alice')],
    ['without an audience', () => project.token('alice', { aud: undefined })],
  ])('knows the user by a token %s', async (_, token) => {
    const response = await me(`Bearer ${await token()}`);

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ userId: 'alice' });
  });

  it.each<[string, () => string | undefined | Promise<string>]>([
    ['no token', () => undefined],
    ['another scheme', async () => `Basic ${await project.token('alice')}`],
    ['a token that is none', () => 'Bearer abc.def.ghi'],
    ['the key of another project', async () => `Bearer ${await stranger.token('alice')}`],
    ['another audience', async () => `Bearer ${await project.token('alice', { aud: 'useparagon.com/other' })}`],
    ['no user', async () => `Bearer ${await project.token('alice', { sub: undefined })}`],
    ['an empty user', async () => `Bearer ${await project.token('')}`],
    ['no expiry', async () => `Bearer ${await project.token('alice', { exp: undefined })}`],
    ['an expiry that has passed', async () => `Bearer ${await project.token('alice', { exp: now - hour })}`],
    ['a start in the future', async () => `Bearer ${await project.token('alice', { nbf: now + hour })}`],
  ])('answers 401 in JSON to %s', async (_, authorization) => {
    const response = await me(await authorization());

    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ message: expect.any(String), status: 401 });
  });

  it.each(ROUTES)('answers 401 without a token at %s', async (route) => {
    expect((await me(undefined, route)).status).toBe(401);
  });

  it('answers 404 to another project', async () => {
    const headers = { authorization: `Bearer ${await project.token('alice')}` };

    expect((await fetch(`${simulator.url}/projects/other/sdk/me`, { headers })).status).toBe(404);
  });
});
