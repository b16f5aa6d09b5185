import { Metrics } from '@manifold/metrics';
import { startTransport } from '../../testing/src/transport-app.js';
import { callTool, openSession, send, withoutBody } from '../../testing/src/mcp-wire.js';

it('shows sessions, streams and requests under way as metrics', async () => {
  const app = await startTransport();
  const session = await openSession(app.url);
  await openSession(app.url);
  const controller = new AbortController();
  await withoutBody(app.url, 'GET', { session, signal: controller.signal });
  const held = app.provider.nextHeld();
  const pending = send(app.url, callTool(1, 'hold'), { session });
  await held;
  const text = await app.get(Metrics).text();
  expect(text).toMatch(/^manifold_sessions 2$/m);
  expect(text).toMatch(/^manifold_event_streams 1$/m);
  expect(text).toMatch(/^manifold_calls_in_flight 1$/m);
  app.provider.release();
  await pending;
  controller.abort();
  await app.discard();
});
