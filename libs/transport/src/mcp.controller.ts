import { Controller, Delete, Get, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, RouteOptions, type Principal } from '@manifold/auth';
import { JsonRpcFilter } from './json-rpc.filter.js';
import { ApiMcp, ApiMcpDelete, ApiMcpGet, ApiMcpPost, ApiMcpView } from './mcp.openapi.js';
import { McpEndpoint } from './mcp-endpoint.js';
import { MAX_MESSAGE_BYTES } from './request-checks.js';

/** All servers at one endpoint. */
@ApiMcp()
@UseFilters(JsonRpcFilter)
@Controller('mcp')
export class McpController {
  constructor(private readonly endpoint: McpEndpoint) {}

  @Post()
  @HttpCode(200)
  @RouteOptions({ bodyLimit: MAX_MESSAGE_BYTES })
  @ApiMcpPost()
  @ApiMcpView()
  post(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.endpoint.post(request, reply, principal);
  }

  @Get()
  @ApiMcpGet()
  get(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.endpoint.get(request, reply, principal);
  }

  @Delete()
  @ApiMcpDelete()
  delete(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.endpoint.delete(request, reply, principal);
  }
}
