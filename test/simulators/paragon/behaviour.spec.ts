import { settlesWithin } from '../../support/settles-within.js';
import { ParagonProject, ParagonSimulator, type Behaviour } from './index.js';
import { UserRequests } from './user-requests.js';

const project = new ParagonProject();
const run = { action: 'SLACK_LIST_MEMBERS', parameters: {} };
let simulator: ParagonSimulator;
let alice: UserRequests;

beforeEach(async () => {
  simulator = await ParagonSimulator.start(project);
  simulator.connect('alice', 'slack');
  alice = new UserRequests(simulator, project, 'alice');
});

afterEach(() => simulator.stop());

const post = (signal?: AbortSignal): Promise<Response> =>
  alice.fetch('/actions', { method: 'POST', body: JSON.stringify(run), signal });

describe('the simulator', () => {
  it.each([401, 403, 404, 500])('answers %d in Paragon’s form', async (status) => {
    simulator.next('SLACK_LIST_MEMBERS', { status });

    expect(await alice.post('/actions', run)).toMatchObject({
      status,
      body: { message: expect.any(String), code: expect.any(String), status, meta: {} },
    });
  });

  it('answers 429 with Retry-After, and with the message that a test wants', async () => {
    simulator.next('SLACK_LIST_MEMBERS', { status: 429, retryAfter: '7', message: 'Slow down' });
    const { status, headers, body } = await alice.post('/actions', run);

    expect([status, headers.get('retry-after')]).toEqual([429, '7']);
    expect(body).toMatchObject({ message: 'Slow down' });
  });

  it.each<[Behaviour, number]>([
    ['bad gateway', 502],
    ['not JSON', 200],
  ])('answers with HTML: %s', async (behaviour, status) => {
    simulator.next('SLACK_LIST_MEMBERS', behaviour);
    const response = await post();

    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(/^<!doctype html>/);
  });

  it('answers whatever JSON a test wants', async () => {
    simulator.next('GET /actions', { json: { actions: { slack: [null, 0] } } });

    expect((await alice.get('/actions')).body).toEqual({ actions: { slack: [null, 0] } });
  });

  it('does its job late', async () => {
    simulator.next('SLACK_LIST_MEMBERS', { slowMs: 1_000 });
    const answer = alice.post('/actions', run);

    expect(await settlesWithin(40, answer)).toBe(false);
    expect((await answer).body).toMatchObject({ user: 'alice' });
  });

  it('cuts the connection in the middle of an answer', async () => {
    simulator.next('SLACK_LIST_MEMBERS', 'cut');
    const response = await post();

    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(simulator.aborted).toBe(0);
  });

  it('answers with a body of the size that a test wants, which is JSON', async () => {
    simulator.next('SLACK_LIST_MEMBERS', { hugeBytes: 20_000_000 });
    const text = await (await post()).text();

    expect(text.length).toBeGreaterThanOrEqual(20_000_000);
    expect((JSON.parse(text) as { blob: string }).blob).toHaveLength(20_000_000);
  });

  it('does what is told once, first told first, before what is told for all', async () => {
    simulator.always('/actions', { status: 500 });
    simulator.next('SLACK_LIST_MEMBERS', { status: 403 });
    simulator.next('POST /actions', { status: 404 });
    const answers = [];
    for (let count = 0; count < 4; count += 1) answers.push((await post()).status);
    const listing = await alice.get('/actions');
    simulator.behave();

    expect(answers).toEqual([403, 404, 500, 500]);
    expect(listing.status).toBe(500);
    expect((await post()).status).toBe(200);
  });

  it('does the latest of what is told for all', async () => {
    simulator.always('/actions', { status: 500 });
    simulator.always('/actions', { status: 403 });

    expect((await post()).status).toBe(403);
  });

  it('checks the token before it does what is told', async () => {
    simulator.next('/sdk/me', { status: 500 });
    const refused = await fetch(`${simulator.url}/projects/${project.projectId}/sdk/me`);

    expect(refused.status).toBe(401);
    expect((await alice.get('/sdk/me')).status).toBe(500);
  });

  it.each(['SLACK_DANCE', '/action', 'actions'])('does not take orders for %s, which never comes', (target) => {
    expect(() => simulator.next(target, 'never')).toThrow(target);
    expect(() => simulator.always(target, 'never')).toThrow(target);
    expect(() => simulator.requestsTo(target)).toThrow(target);
  });
});

describe('a client that gives up', () => {
  it.each<[string, Behaviour]>([
    ['never comes', 'never'],
    ['is late', { slowMs: 60_000 }],
  ])('is noticed while its answer %s', async (_, behaviour) => {
    simulator.next('SLACK_LIST_MEMBERS', behaviour);
    const arrival = simulator.nextRequest('SLACK_LIST_MEMBERS');
    const abort = simulator.nextAbort('SLACK_LIST_MEMBERS');
    const controller = new AbortController();
    const call = post(controller.signal);
    call.catch(() => undefined);

    expect(await arrival).toMatchObject({ user: 'alice' });
    expect(simulator.counts).toEqual({ total: 1, inFlight: 1, mostInFlight: 1 });
    controller.abort();
    expect(await abort).toBe(await arrival);
    await expect(call).rejects.toThrow();
    expect(simulator.aborted).toBe(1);
    expect(simulator.counts).toEqual({ total: 1, inFlight: 0, mostInFlight: 1 });
  });

  it('is noticed in the middle of a huge answer', async () => {
    simulator.next('SLACK_LIST_MEMBERS', { hugeBytes: 500_000_000 });
    const abort = simulator.nextAbort('/actions');
    const response = await post();
    await response.body!.cancel();

    expect(await abort).toMatchObject({ action: 'SLACK_LIST_MEMBERS' });
  });
});

describe('the counts', () => {
  it('say how many were under way at once, and start again when they are cleared', async () => {
    simulator.always('/sdk/me', { slowMs: 100 });
    await Promise.all(Array.from({ length: 5 }, () => alice.get('/sdk/me')));
    const { total, mostInFlight } = simulator.counts;
    simulator.clearRequests();

    expect({ total, mostInFlight }).toEqual({ total: 5, mostInFlight: 5 });
    expect(simulator.counts).toEqual({ total: 0, inFlight: 0, mostInFlight: 0 });
    expect(simulator.requests).toEqual([]);
  });

  it('leave nothing under way when the simulator stops', async () => {
    simulator.next('/sdk/me', 'never');
    const arrival = simulator.nextRequest('/sdk/me');
    const call = alice.get('/sdk/me');
    call.catch(() => undefined);
    await arrival;
    const other = await ParagonSimulator.start(project);
    await simulator.stop();
    simulator = other;

    await expect(call).rejects.toThrow();
  });
});
