import { Controller, Delete, Get, HttpCode, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, RouteOptions, type Principal } from '@manifold/auth';
import { JsonRpcFilter } from './json-rpc.filter.js';
import { KnownServers } from './known-servers.js';
import { ApiMcp, ApiMcpDelete, ApiMcpGet, ApiMcpPost, ApiServerName } from './mcp.openapi.js';
import { McpEndpoint } from './mcp-endpoint.js';
import { MAX_MESSAGE_BYTES } from './request-checks.js';

/** One registered server at an endpoint of its own: what it has is there under its own names. */
@ApiMcp()
@UseFilters(JsonRpcFilter)
@Controller('mcp/servers/:name/mcp')
export class ServerMcpController {
  constructor(
    private readonly endpoint: McpEndpoint,
    private readonly servers: KnownServers,
  ) {}

  @Post()
  @HttpCode(200)
  @RouteOptions({ bodyLimit: MAX_MESSAGE_BYTES })
  @ApiServerName()
  @ApiMcpPost()
  async post(
    @Param('name') server: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    await this.servers.require(server, request, principal);
    await this.endpoint.post(request, reply, principal, server);
  }

  @Get()
  @ApiServerName()
  @ApiMcpGet()
  async get(
    @Param('name') server: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    await this.servers.require(server, request, principal);
    await this.endpoint.get(request, reply, principal, server);
  }

  @Delete()
  @ApiServerName()
  @ApiMcpDelete()
  async delete(
    @Param('name') server: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    await this.endpoint.delete(request, reply, principal, server);
  }
}
