import type { FastifyReply } from 'fastify';
import { Metrics } from '@manifold/metrics';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { MetricsController } from './metrics.controller.js';

describe('the metrics', () => {
  const controller = new MetricsController(new Metrics());
  const reply = { type: () => undefined } as unknown as FastifyReply;
  const operator = { ...fixturePrincipal('ops'), roles: ['user', 'operator', 'admin'] as const };

  it('are read by operators of the tenant default', async () => {
    expect(await controller.read(operator, reply)).toContain('# TYPE');
  });

  it('for all tenants are not shown to operators and admins of another tenant', async () => {
    const refused = controller.read({ ...operator, tenant: 'acme' }, reply);
    await expect(refused).rejects.toMatchObject({ status: 403, code: 'other_tenant' });
  });
});
