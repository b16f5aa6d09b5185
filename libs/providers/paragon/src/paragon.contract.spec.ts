import { exerciseToolProvider, type FixtureCall } from '@manifold/tool-provider/testing';
import { startParagon } from '../testing/src/paragon-app.js';

const SEND: FixtureCall = { app: 'slack', name: 'SLACK_SEND_MESSAGE', args: { channel: 'C1', message: 'hello' } };
const QUERY: FixtureCall = {
  app: 'salesforce',
  name: 'SALESFORCE_QUERY_RECORDS',
  args: { query: 'SELECT Id FROM Lead' },
};

const without = (name: string) => ({
  name,
  description: 'Takes nothing',
  parameters: { type: 'object', properties: {} },
});

exerciseToolProvider('the provider of Paragon', {
  reportsProgress: false,
  start: async (users) => {
    const { provider, simulator, project, stop } = await startParagon();
    const failing = (name: string): FixtureCall => ({ app: 'failing', name, args: {} });
    simulator.offer(
      'failing',
      ['F401', 'F403', 'F404', 'F429', 'F500', 'HTML_502', 'HTML_200', 'CUT', 'SLOW'].map(without),
    );
    for (const { subject } of users)
      for (const integration of ['slack', 'failing']) simulator.connect(subject, integration);
    for (const status of [401, 403, 404, 429, 500]) simulator.always(`F${status}`, { status });
    simulator.always('HTML_502', 'bad gateway');
    simulator.always('HTML_200', 'not JSON');
    simulator.always('CUT', 'cut');
    simulator.always('SLOW', 'never');
    return {
      provider,
      identity: SEND,
      markOf: ({ subject }) => JSON.stringify(`"user":"${subject}"`).slice(1, -1),
      slow: failing('SLOW'),
      slowArrived: () => simulator.nextRequest('SLOW'),
      abortSeen: () => simulator.nextAbort('SLOW'),
      failures: [
        { title: '401', call: failing('F401'), code: 'reauth_required' },
        { title: '403', call: failing('F403'), code: 'permission_denied' },
        { title: '404', call: failing('F404'), code: 'upstream_rejected' },
        { title: '429', call: failing('F429'), code: 'rate_limited' },
        { title: '500', call: failing('F500'), code: 'upstream_unavailable' },
        { title: 'a load balancer without its service', call: failing('HTML_502'), code: 'upstream_unavailable' },
        { title: 'a page in place of JSON', call: failing('HTML_200'), code: 'upstream_rejected' },
        { title: 'a connection that breaks', call: failing('CUT'), code: 'upstream_unavailable' },
        { title: 'an integration that is not connected', call: QUERY, code: 'not_connected' },
        { title: 'arguments that do not fit', call: { ...SEND, args: {} }, code: 'invalid_arguments' },
      ],
      canaries: await Promise.all(users.map(({ subject }) => project.token(subject))),
      stop,
    };
  },
  startUnreachable: async () => {
    const nowhere = 'http://127.0.0.1:9';
    const { provider, stop } = await startParagon({ ACTIONKIT_BASE_URL: nowhere, ZEUS_BASE_URL: nowhere });
    let stopped: Promise<void> | undefined;
    return { provider, stop: () => (stopped ??= stop()) };
  },
});
