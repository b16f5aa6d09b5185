import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import { answerEmpty } from './http-answer.js';
import { LegacyPost } from './legacy-post.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { ModernPost } from './modern-post.js';
import { isModernEra } from './protocol-versions.js';
import {
  refuseHead,
  refuseModernEra,
  requireJsonAndStreamAccepted,
  requireJsonBody,
  requireStreamAccepted,
  versionHeader,
} from './request-checks.js';
import { ServerStream } from './server-stream.js';

/**
 * Streamable HTTP, in both eras on one endpoint: that of all servers, or that of one (`server`). A session belongs to the endpoint
 * that it began at, and is unknown at all others.
 */
@Injectable()
export class McpEndpoint {
  constructor(
    private readonly legacy: LegacyPost,
    private readonly modern: ModernPost,
    private readonly sessions: LegacySessions,
    private readonly serverStream: ServerStream,
  ) {}

  async post(request: FastifyRequest, reply: FastifyReply, principal: Principal, server?: string): Promise<void> {
    requireJsonAndStreamAccepted(request);
    requireJsonBody(request);
    const post = isModernEra(request.body, versionHeader(request)) ? this.modern : this.legacy;
    await post.handle(request, reply, principal, server);
  }

  async get(request: FastifyRequest, reply: FastifyReply, principal: Principal, server?: string): Promise<void> {
    refuseHead(request);
    refuseModernEra(request);
    requireStreamAccepted(request);
    const session = await this.legacy.sessionOf(request, principal, server);
    await this.serverStream.open(session, request, reply, principal);
  }

  async delete(request: FastifyRequest, reply: FastifyReply, principal: Principal, server?: string): Promise<void> {
    refuseModernEra(request);
    await this.sessions.end(await this.legacy.sessionOf(request, principal, server));
    answerEmpty(reply, 200);
  }
}
