import { loadConfig } from '@manifold/config';
import { createLog } from '@manifold/observability';
import { createGateway } from './http-server.js';

describe('The HTTP server of the gateway', () => {
  it('gives a client a minute to send a request, headers included (threat 15)', async () => {
    const app = await createGateway(loadConfig({}), createLog('silent'));
    const { headersTimeout, requestTimeout } = app.getHttpServer();
    await app.close();
    expect(requestTimeout).toBe(60_000);
    expect(headersTimeout).toBeGreaterThan(0);
    expect(headersTimeout).toBeLessThanOrEqual(requestTimeout);
  });
});
