import { ParagonProject, ParagonSimulator } from './index.js';
import { UserRequests } from './user-requests.js';

const project = new ParagonProject();
let simulator: ParagonSimulator;
let alice: UserRequests;
let bob: UserRequests;

beforeEach(async () => {
  simulator = await ParagonSimulator.start(project);
  alice = new UserRequests(simulator, project, 'alice');
  bob = new UserRequests(simulator, project, 'bob');
});

afterEach(() => simulator.stop());

type Listed = Record<string, { type: string; function: { name: string; parameters: { type: string } } }[]>;

const message = { action: 'SLACK_SEND_MESSAGE', parameters: { channel: '#general', message: 'hello' } };

describe.each(['actions', 'tools'] as const)('the listing of %s', (generation) => {
  async function list(query: string, user = alice): Promise<Listed> {
    const { status, body } = await user.get(`/${generation}?${query}`);
    expect(status).toBe(200);
    return (body as Record<string, Listed>)[generation]!;
  }

  it('has the actions of all active integrations, by integration, with JSON Schemas', async () => {
    const listed = await list('limit_to_available=false&format=json_schema');

    expect(Object.keys(listed)).toEqual(['slack', 'hubspot', 'googleCalendar', 'salesforce', 'notion']);
    const all = Object.values(listed).flat();
    expect(all).toHaveLength(12);
    expect(all.every(({ type, function: { parameters } }) => type === 'function' && parameters.type === 'object')).toBe(
      true,
    );
    expect(listed.slack![0]!.function.name).toBe('SLACK_SEND_MESSAGE');
  });

  it('is limited to what the user has connected, unless told otherwise', async () => {
    simulator.connect('alice', 'notion');

    expect(Object.keys(await list(''))).toEqual(['notion']);
    expect(await list('', bob)).toEqual({});
    simulator.disconnect('alice', 'notion');
    expect(await list('limit_to_available=true')).toEqual({});
  });

  it('has only the integrations that are asked for', async () => {
    const listed = await list('limit_to_available=false&integrations=notion,slack,jira');

    expect(Object.keys(listed)).toEqual(['slack', 'notion']);
  });

  it('changes with what is offered and active', async () => {
    simulator.offer('slack', [{ name: 'SLACK_ARCHIVE', description: 'Archives', parameters: { type: 'object' } }]);
    simulator.offer('linear', [{ name: 'LINEAR_CREATE', description: 'Creates', parameters: { type: 'object' } }]);
    simulator.setActive('notion', false);
    const listed = await list('limit_to_available=false');

    expect(Object.keys(listed)).toEqual(['slack', 'hubspot', 'googleCalendar', 'salesforce', 'linear']);
    expect(listed.slack!.map(({ function: { name } }) => name)).toEqual(['SLACK_ARCHIVE']);
  });

  it('has exactly as many different actions as are wanted', async () => {
    simulator.offerMany(1003);
    const names = Object.values(await list('limit_to_available=false')).flatMap((actions) =>
      actions.map((action) => action.function.name),
    );

    expect(new Set(names).size).toBe(1003);
    expect(names).toHaveLength(1003);
  });
});

describe('a run', () => {
  it.each([
    ['/actions', message],
    ['/tools', { tool: message.action, parameters: message.parameters }],
  ])('with %s answers the user, the action and the parameters', async (path, body) => {
    const credential = simulator.connect('alice', 'slack');
    const answer = await alice.post(path, body);

    expect(answer).toMatchObject({ status: 200, body: { user: 'alice', credential, ...message } });
    expect(simulator.requestsTo('SLACK_SEND_MESSAGE')).toMatchObject([
      { method: 'POST', path: `/projects/${project.projectId}${path}`, body, user: 'alice' },
    ]);
  });

  it.each([400, 404] as const)('answers %d while the user has not connected the integration', async (status) => {
    simulator.answerNotConnectedWith(status);
    simulator.connect('bob', 'slack');
    const refused = await alice.post('/actions', message);
    simulator.connect('alice', 'slack');

    expect(refused.status).toBe(status);
    expect(refused.body).toMatchObject({
      message: 'Integration not enabled for user.',
      status,
      meta: expect.any(Object),
    });
    expect((await alice.post('/actions', message)).status).toBe(200);
  });

  it('picks the account that X-Paragon-Credential names', async () => {
    const mine = simulator.connect('alice', 'slack');
    const theirs = simulator.connect('bob', 'slack');
    const run = (id: string) => alice.post('/actions', message, { 'x-paragon-credential': id });

    expect((await run(mine)).body).toMatchObject({ credential: mine });
    expect((await run(theirs)).status).toBe(404);
  });

  it.each([
    ['an unknown action', '/actions', { action: 'SLACK_DANCE', parameters: {} }, 404],
    ['the other generation’s word', '/actions', { tool: 'SLACK_SEND_MESSAGE', parameters: {} }, 400],
    ['the other generation’s word', '/tools', { action: 'SLACK_SEND_MESSAGE', parameters: {} }, 400],
    ['no parameters', '/actions', { action: 'SLACK_SEND_MESSAGE' }, 400],
    ['no object', '/actions', null, 400],
  ])('with %s at %s is refused', async (_, path, body, status) => {
    simulator.connect('alice', 'slack');

    expect(await alice.post(path, body)).toMatchObject({ status, body: { message: expect.any(String), status } });
  });

  it('needs JSON that says it is JSON', async () => {
    simulator.connect('alice', 'slack');
    const body = JSON.stringify(message);
    const asText = await alice.fetch('/actions', { method: 'POST', body, headers: { 'content-type': 'text/plain' } });
    const broken = await alice.fetch('/actions', { method: 'POST', body: body.slice(1) });

    expect([asText.status, broken.status]).toEqual([400, 400]);
  });
});
