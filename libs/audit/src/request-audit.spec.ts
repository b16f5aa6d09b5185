import 'reflect-metadata';
import type { HttpAdapterHost } from '@nestjs/core';
import { fastify, type FastifyInstance } from 'fastify';
import { AuditController } from './audit.controller.js';
import { ProblemError, ProblemFilter } from '@manifold/rest';
import type { AuditEvent } from './audit-entry.js';
import type { AuditLog } from './audit-log.js';
import { RequestAudit } from './request-audit.js';

describe('the audit of requests', () => {
  const events: AuditEvent[] = [];
  let server: FastifyInstance;
  let audit: RequestAudit;

  beforeAll(async () => {
    server = fastify();
    const host = { httpAdapter: { getInstance: () => server } } as unknown as HttpAdapterHost;
    const log = { isOn: true, append: (event: AuditEvent) => events.push(event) } as unknown as AuditLog;
    audit = new RequestAudit(host, log);
    audit.onModuleInit();
    server.get('/servers/export', { config: { audited: true } }, () => 'a document');
    server.get('/mcp/user/servers/:name', { config: { audited: true } }, () => 'names of secrets');
    server.get('/mcp/servers', () => 'servers');
    const filter = new ProblemFilter();
    server.setErrorHandler((error, request, reply) => filter.write(error, request, reply));
    server.put('/mcp/servers/:name', () => {
      throw new ProblemError(404, 'server_not_found', `Server with name ${'x'.repeat(2_000)} not found`);
    });
    server.post('/mcp/servers', () => {
      throw new ProblemError(403, 'stdio_not_allowed', 'The tenant may not run this program');
    });
    await server.ready();
  });
  afterAll(() => server.close());

  it('has exports and reads of the names of secrets, with their user, and no other read', async () => {
    for (const url of ['/servers/export', '/mcp/servers', '/mcp/user/servers/notes?username=alice', '/none']) {
      await server.inject({ method: 'GET', url });
    }
    expect(events).toMatchObject([
      { action: 'GET /servers/export', outcome: 'ok', resource: undefined },
      { action: 'GET /mcp/user/servers/:name', outcome: 'ok', resource: 'name=notes username=alice' },
    ]);
  });

  it('has the reason of what failed or was refused', async () => {
    events.length = 0;
    await server.inject({ method: 'PUT', url: '/mcp/servers/none' });
    await server.inject({ method: 'POST', url: '/mcp/servers' });
    audit.writeRefusals();
    expect(events).toMatchObject([
      { outcome: 'failed', code: '404', reason: expect.stringMatching(/^server_not_found: Server with name x+$/) },
      { outcome: 'refused', code: '403', reason: 'stdio_not_allowed: The tenant may not run this program' },
    ]);
    expect(events[0]!.reason).toHaveLength(1_000);
  });

  it('has exports of the audit log itself', () => {
    const handler = Object.getOwnPropertyDescriptor(AuditController.prototype, 'export')!.value as object;
    const settings = Reflect.getMetadataKeys(handler).map((key) => Reflect.getMetadata(key, handler) as unknown);
    expect(settings).toContainEqual(expect.objectContaining({ audited: true }));
  });
});
