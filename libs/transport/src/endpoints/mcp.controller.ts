import { Controller, Delete, Get, HttpCode, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RouteOptions } from '@manifold/auth';
import { answerEmpty } from '../http/http-answer.js';
import { JsonRpcFilter } from '../http/json-rpc.filter.js';
import { ApiMcp, ApiMcpDelete, ApiMcpGet, ApiMcpPost, ApiMcpView, ApiServerName } from '../http/mcp.openapi.js';
import {
  callerOf,
  isModernEra,
  refuseHead,
  refuseModernEra,
  requireJsonAccepted,
  requireJsonBody,
  requireStreamAccepted,
} from '../http/request-checks.js';
import { LegacyPost } from '../legacy/legacy-post.js';
import { ServerStream } from '../legacy/server-stream.js';
import { KnownServers } from '../methods/known-servers.js';
import { ModernPost } from '../modern/modern-post.js';
import { LegacySessions } from '../sessions/legacy-sessions.service.js';

/** Path of the endpoint of one server, in which tools, resources and prompts have the names that the server gives them. */
const ONE_SERVER = 'servers/:name/mcp';

/**
 * Handles Streamable HTTP of both eras, at the endpoint of all servers and at the endpoints of single servers. The handlers of a single
 * server pass its name as `server` to those of all servers. A session belongs to the endpoint at which it began. Other endpoints do not
 * know it.
 *
 * The handlers read the caller from the request: a parameter for it would pass through all pipes of Nest, in each call.
 */
@ApiMcp()
@UseFilters(JsonRpcFilter)
@Controller('mcp')
export class McpController {
  constructor(
    private readonly legacy: LegacyPost,
    private readonly modern: ModernPost,
    private readonly sessions: LegacySessions,
    private readonly serverStream: ServerStream,
    private readonly servers: KnownServers,
  ) {}

  @Post()
  @HttpCode(200)
  @RouteOptions({ mcpMessage: true })
  @ApiMcpPost('mcpPost')
  @ApiMcpView()
  async post(@Req() request: FastifyRequest, @Res() reply: FastifyReply, server?: string): Promise<void> {
    requireJsonAccepted(request);
    requireJsonBody(request);
    const post = isModernEra(request) ? this.modern : this.legacy;
    await post.handle(request, reply, callerOf(request), server);
  }

  @Get()
  @ApiMcpGet('mcpGet')
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply, server?: string): Promise<void> {
    refuseHead(request);
    refuseModernEra(request);
    requireStreamAccepted(request);
    const principal = callerOf(request);
    const session = await this.legacy.sessionOf(request, principal, server);
    await this.serverStream.open(session, request, reply, principal);
  }

  @Delete()
  @ApiMcpDelete('mcpDelete')
  async delete(@Req() request: FastifyRequest, @Res() reply: FastifyReply, server?: string): Promise<void> {
    refuseModernEra(request);
    await this.sessions.end(await this.legacy.sessionOf(request, callerOf(request), server));
    answerEmpty(reply, 200);
  }

  @Post(ONE_SERVER)
  @HttpCode(200)
  @RouteOptions({ mcpMessage: true })
  @ApiServerName()
  @ApiMcpPost('serverMcpPost')
  async postToServer(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('name') server: string,
  ): Promise<void> {
    await this.servers.require(server, request, callerOf(request));
    await this.post(request, reply, server);
  }

  @Get(ONE_SERVER)
  @ApiServerName()
  @ApiMcpGet('serverMcpGet')
  async getOfServer(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('name') server: string,
  ): Promise<void> {
    await this.servers.require(server, request, callerOf(request));
    await this.get(request, reply, server);
  }

  @Delete(ONE_SERVER)
  @ApiServerName()
  @ApiMcpDelete('serverMcpDelete')
  async deleteOfServer(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('name') server: string,
  ): Promise<void> {
    await this.delete(request, reply, server);
  }
}
