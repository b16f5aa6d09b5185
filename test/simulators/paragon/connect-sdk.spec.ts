import { runInNewContext } from 'node:vm';
import { ParagonProject, ParagonSimulator } from './index.js';

interface InstallEvent {
  readonly integrationId: string;
  readonly integrationType: string;
  readonly credentialId: string;
}

type Callbacks = Record<string, (...args: unknown[]) => void>;

/** The part of the real SDK's interface that the stub has. */
interface Paragon {
  authenticate(projectId: string, userToken: string): Promise<void>;
  connect(integration: string, options?: Callbacks): Promise<InstallEvent>;
  getUser(): { authenticated: boolean; userId?: string; integrations?: Record<string, { enabled: boolean }> };
  subscribe(event: string, listener: (...args: unknown[]) => void): () => boolean;
}

const project = new ParagonProject();
let simulator: ParagonSimulator;
let paragon: Paragon;

beforeEach(async () => {
  simulator = await ParagonSimulator.start(project);
  paragon = await loadSdk();
});

afterEach(() => simulator.stop());

/** The script as a page would have it; the tests of the setup page run it in a browser. */
async function loadSdk(): Promise<Paragon> {
  const src = simulator.settings.CONNECT_SDK_CDN_URL!;
  const response = await fetch(src);
  expect(response.headers.get('content-type')).toBe('text/javascript');
  const window: { paragon?: Paragon } = {};
  const document = { currentScript: { src } };
  runInNewContext(await response.text(), { window, document, fetch, URL, setTimeout, structuredClone, console });
  return window.paragon!;
}

async function authenticate(user: string): Promise<void> {
  await paragon.authenticate(project.projectId, await project.token(user));
}

/** Connects, and notes what was called back until the portal is closed. */
async function visit(integration: string) {
  const events: string[] = [];
  const note = (name: string) => () => void events.push(name);
  const closed = new Promise<void>((resolve) => paragon.subscribe('onPortalClose', () => resolve()));
  const names = ['onOpen', 'onSuccess', 'onError', 'onClose'];
  const connecting = paragon.connect(integration, Object.fromEntries(names.map((name) => [name, note(name)])));
  const outcome = connecting.then(
    (event) => event,
    (error: Error) => error.message,
  );
  await closed;
  return { events, outcome: await Promise.race([outcome, new Promise((resolve) => setImmediate(resolve, 'pending'))]) };
}

describe('the stub of the Connect SDK', () => {
  it('knows nobody before it has authenticated', async () => {
    expect(paragon.getUser()).toEqual({ authenticated: false });
    await expect(paragon.connect('slack')).rejects.toThrow('authenticated');
  });

  it('authenticates with a good token, and shows what the user has connected', async () => {
    simulator.connect('alice', 'notion');
    await authenticate('alice');

    expect(paragon.getUser()).toMatchObject({
      authenticated: true,
      userId: 'alice',
      integrations: { notion: { enabled: true }, slack: { enabled: false } },
    });
  });

  it('refuses a token that Paragon refuses, and none', async () => {
    const expired = await project.token('alice', { exp: 1 });

    await expect(paragon.authenticate(project.projectId, expired)).rejects.toThrow('exp');
    await expect(paragon.authenticate(project.projectId, '')).rejects.toThrow();
    expect(paragon.getUser()).toEqual({ authenticated: false });
  });

  it.each(['slack', 'custom.spotify'])('connects %s for the user of the token', async (integration) => {
    const installs: unknown[] = [];
    paragon.subscribe('onIntegrationInstall', (event) => installs.push(event));
    await authenticate('alice');
    const { events, outcome } = await visit(integration);

    expect(events).toEqual(['onOpen', 'onSuccess', 'onClose']);
    expect(outcome).toMatchObject({ integrationType: integration, credentialId: expect.any(String) });
    expect(installs).toEqual([outcome]);
    expect(paragon.getUser().integrations![integration]!.enabled).toBe(true);
    expect(simulator.isConnected('alice', integration)).toBe(true);
    expect(simulator.isConnected('bob', integration)).toBe(false);
  });

  it('reports a failure', async () => {
    simulator.endPortal('failed');
    await authenticate('alice');
    const { events, outcome } = await visit('slack');

    expect(events).toEqual(['onOpen', 'onError', 'onClose']);
    expect(outcome).toBe('Slack refused the account');
    expect(simulator.isConnected('alice', 'slack')).toBe(false);
  });

  it('settles nothing when the user closes the portal', async () => {
    simulator.endPortal('closed');
    await authenticate('alice');
    const { events, outcome } = await visit('slack');

    expect({ events, outcome }).toEqual({ events: ['onOpen', 'onClose'], outcome: 'pending' });
    expect(simulator.isConnected('alice', 'slack')).toBe(false);
  });

  it.each(['jira', 'nothing'])('refuses %s, which is not active in the project', async (integration) => {
    await authenticate('alice');

    await expect(paragon.connect(integration)).rejects.toThrow(integration);
  });

  it('goes on when a callback of the page throws', async () => {
    await authenticate('alice');
    const log = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const onSuccess = (): void => {
      throw new Error('the page is broken');
    };

    expect(await paragon.connect('slack', { onSuccess })).toMatchObject({ integrationType: 'slack' });
    expect(log).toHaveBeenCalled();
    log.mockRestore();
  });
});
