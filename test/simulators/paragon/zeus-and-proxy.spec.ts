import { ParagonProject, ParagonSimulator } from './index.js';
import { UserRequests } from './user-requests.js';

const project = new ParagonProject();
let simulator: ParagonSimulator;
let alice: UserRequests;

beforeEach(async () => {
  simulator = await ParagonSimulator.start(project);
  alice = new UserRequests(simulator, project, 'alice');
});

afterEach(() => simulator.stop());

describe('Zeus', () => {
  it('lists the integrations of the project, custom and inactive ones too', async () => {
    const { body } = await alice.get('/sdk/integrations');

    expect(body).toHaveLength(7);
    expect(body).toContainEqual(expect.objectContaining({ type: 'slack', name: 'Slack', isActive: true }));
    expect(body).toContainEqual(expect.objectContaining({ type: 'jira', isActive: false }));
    const custom = { id: expect.any(String), name: 'Spotify', slug: 'spotify' };
    expect(body).toContainEqual(
      expect.objectContaining({ type: 'custom', customIntegrationId: expect.any(String), customIntegration: custom }),
    );
  });

  it('says which integrations the user has connected', async () => {
    const id = simulator.connect('alice', 'slack');
    simulator.connect('bob', 'hubspot');
    const { body } = await alice.get('/sdk/me');

    expect(body).toMatchObject({
      authenticated: true,
      userId: 'alice',
      integrations: {
        slack: { enabled: true, allCredentials: [{ id, status: 'VALID' }] },
        hubspot: { enabled: false, allCredentials: [] },
      },
    });
  });

  it('lets pages of any origin ask', async () => {
    const preflight = await fetch(`${simulator.url}/projects/${project.projectId}/sdk/me`, { method: 'OPTIONS' });
    const { headers } = await alice.get('/sdk/me');

    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(simulator.requests).toHaveLength(1);
  });
});

describe('the proxy', () => {
  const url = '/chat.postMessage?pretty=1';
  const headers = { 'x-paragon-proxy-url': url, 'x-paragon-use-raw-response': 'true', accept: 'application/json' };

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('answers what reached the integration: %s', async (method) => {
    const credential = simulator.connect('alice', 'slack');
    const body = JSON.stringify({ channel: 'C1' });
    const response = await alice.fetch('/sdk/proxy/slack', { method, body, headers });
    const { request, ...answer } = (await response.json()) as { request: { headers: object } };

    expect(answer).toEqual({ ok: true, integration: 'slack', user: 'alice', credential });
    expect(request).toMatchObject({ method, url, body: { channel: 'C1' } });
    expect(request.headers).toMatchObject({ accept: 'application/json' });
    expect(Object.keys(request.headers)).not.toContainEqual(expect.stringMatching(/^(authorization|x-paragon-.*)$/));
    expect(simulator.requestsTo(`${method} /sdk/proxy/slack`)).toMatchObject([{ user: 'alice', headers }]);
  });

  it('serves custom integrations, and GET without a body', async () => {
    simulator.connect('alice', 'custom.spotify');
    const response = await alice.fetch('/sdk/proxy/custom.spotify', { headers });

    expect(await response.json()).toMatchObject({ integration: 'custom.spotify', request: { method: 'GET', url } });
  });

  it('answers 400 when X-Paragon-Proxy-Url is missing', async () => {
    simulator.connect('alice', 'slack');

    expect((await alice.post('/sdk/proxy/slack', {})).status).toBe(400);
  });

  it.each(['slack', 'jira', 'nothing'])('is closed while the user has no account with %s', async (integration) => {
    const response = await alice.fetch(`/sdk/proxy/${integration}`, { headers });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ message: 'Integration not enabled for user.' });
  });
});
