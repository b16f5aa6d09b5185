import { exerciseToolProvider, type FixtureCall } from '@manifold/tool-provider/testing';
import { IntegrationAppProvider } from './integration-app.provider.js';
import { ProviderApp, providerModule } from '../testing/src/provider-app.js';

const UNREACHABLE = 'http://127.0.0.1:9';
const call = (app: string, name: string, args: Record<string, unknown> = {}): FixtureCall => ({ app, name, args });

exerciseToolProvider('the provider of Integration.app', {
  reportsProgress: false,
  start: async (users) => {
    const app = await ProviderApp.start();
    const { simulator, workspace } = app;
    for (const { subject } of users) {
      for (const integration of ['gmail', 'google-calendar', 'hubspot']) simulator.connect(subject, integration);
    }
    simulator.always('gmail/read-email', 'never');
    simulator.always('hubspot/create-contact', { status: 429, retryAfter: '7' });
    simulator.always('hubspot/search-contacts', { status: 500 });
    simulator.always('google-calendar/find-events', 'cut');
    simulator.always('google-calendar/create_event', {
      status: 400,
      json: { type: 'connection', key: 'connection_is_defunct', message: 'It is defunct', data: {} },
    });
    return {
      provider: app.provider,
      identity: call('gmail', 'send-email', { to: 'ada@example.com' }),
      markOf: ({ subject }) => `\\"user\\":\\"${subject}\\"`,
      slow: call('gmail', 'read-email', { id: '1' }),
      slowArrived: () => simulator.nextRequest('gmail/read-email'),
      abortSeen: () => simulator.nextAbort('gmail/read-email'),
      failures: [
        { title: 'too many calls', call: call('hubspot', 'create-contact'), code: 'rate_limited' },
        { title: 'a fault', call: call('hubspot', 'search-contacts'), code: 'upstream_unavailable' },
        { title: 'a cut connection', call: call('google-calendar', 'find-events'), code: 'upstream_unavailable' },
        { title: 'a dead connection', call: call('google-calendar', 'create_event'), code: 'not_connected' },
      ],
      canaries: [
        workspace.settings.INTEGRATION_APP_WORKSPACE_SECRET!,
        ...(await Promise.all(users.map(({ subject }) => workspace.token(subject)))),
      ],
      stop: () => app.stop(),
    };
  },
  startUnreachable: async () => {
    const settings = { INTEGRATION_APP_FORWARD_ONLY: 'true', INTEGRATION_APP_API_URL: UNREACHABLE };
    const module = await providerModule(settings);
    return { provider: module.get(IntegrationAppProvider), stop: () => module.close() };
  },
});
