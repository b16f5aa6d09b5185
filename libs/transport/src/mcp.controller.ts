import { Controller, Delete, Get, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, RouteOptions, type Principal } from '@manifold/auth';
import { answerEmpty } from './http-answer.js';
import { JsonRpcFilter } from './json-rpc.filter.js';
import { LegacyPost } from './legacy-post.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { ApiMcp, ApiMcpDelete, ApiMcpGet, ApiMcpPost } from './mcp.openapi.js';
import { ModernPost } from './modern-post.js';
import { isModernEra } from './protocol-versions.js';
import {
  MAX_MESSAGE_BYTES,
  refuseHead,
  refuseModernEra,
  requireJsonAndStreamAccepted,
  requireJsonBody,
  requireStreamAccepted,
  versionHeader,
} from './request-checks.js';
import { ServerStream } from './server-stream.js';

/** Streamable HTTP, in both eras on one endpoint. */
@ApiMcp()
@UseFilters(JsonRpcFilter)
@Controller('mcp')
export class McpController {
  constructor(
    private readonly legacy: LegacyPost,
    private readonly modern: ModernPost,
    private readonly sessions: LegacySessions,
    private readonly serverStream: ServerStream,
  ) {}

  @Post()
  @HttpCode(200)
  @RouteOptions({ bodyLimit: MAX_MESSAGE_BYTES })
  @ApiMcpPost()
  async post(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    requireJsonAndStreamAccepted(request);
    requireJsonBody(request);
    const post = isModernEra(request.body, versionHeader(request)) ? this.modern : this.legacy;
    await post.handle(request, reply, principal);
  }

  @Get()
  @ApiMcpGet()
  async get(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    refuseHead(request);
    refuseModernEra(request);
    requireStreamAccepted(request);
    await this.serverStream.open(await this.legacy.sessionOf(request, principal), reply, principal);
  }

  @Delete()
  @ApiMcpDelete()
  async delete(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    refuseModernEra(request);
    await this.sessions.end(await this.legacy.sessionOf(request, principal));
    answerEmpty(reply, 200);
  }
}
