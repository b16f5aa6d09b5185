import 'reflect-metadata';
import type { HttpAdapterHost } from '@nestjs/core';
import { fastify, type FastifyInstance } from 'fastify';
import { AuditController } from './audit.controller.js';
import type { AuditEvent } from './audit-entry.js';
import type { AuditLog } from './audit-log.js';
import { RequestAudit } from './request-audit.js';

describe('the audit of requests', () => {
  const events: AuditEvent[] = [];
  let server: FastifyInstance;

  beforeAll(async () => {
    server = fastify();
    const host = { httpAdapter: { getInstance: () => server } } as unknown as HttpAdapterHost;
    const log = { isOn: true, append: (event: AuditEvent) => events.push(event) } as unknown as AuditLog;
    new RequestAudit(host, log).onModuleInit();
    server.get('/servers/export', { config: { audited: true } }, () => 'a document');
    server.get('/mcp/user/servers/:name', { config: { audited: true } }, () => 'names of secrets');
    server.get('/mcp/servers', () => 'servers');
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

  it('has exports of the audit log itself', () => {
    const handler = Object.getOwnPropertyDescriptor(AuditController.prototype, 'export')!.value as object;
    const settings = Reflect.getMetadataKeys(handler).map((key) => Reflect.getMetadata(key, handler) as unknown);
    expect(settings).toContainEqual(expect.objectContaining({ audited: true }));
  });
});
