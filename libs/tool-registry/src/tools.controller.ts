import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { finished } from 'node:stream';
import { actingUser, ApiAuthenticated, CurrentPrincipal, type Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import { ApiExample, ApiProblems, warningsFor } from '@manifold/rest';
import { openCall, type ToolDefinition, type ToolResult } from '@manifold/tool-provider';
import { originOf } from '@manifold/observability';
import { CallsInFlight } from './calls/calls-in-flight.js';
import { toolProblem } from './calls/tool-errors.js';
import { ToolRegistry } from './tool-registry.service.js';
import { CallToolAnswerDto, CallToolDto, ListToolsAnswerDto } from './tools.dto.js';

/** Tools for services that use REST instead of MCP. Catalogue and dispatch are the same as for MCP. */
@ApiTags('tools')
@ApiAuthenticated()
@ApiProblems(403, 503)
@Controller('mcp')
export class ToolsController {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly inFlight: CallsInFlight,
    private readonly config: Config,
  ) {}

  @Get('tools')
  @ApiOperation({ summary: 'List the tools of all servers' })
  @ApiOkResponse({ type: ListToolsAnswerDto })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<{ success: true; tools: Record<string, ToolDefinition[]>[] }> {
    const call = openCall({ principal, requestId: request.id, timeoutMs: this.config.toolCallTimeoutMs });
    try {
      const { tools } = await this.registry.list(call.context);
      const byApp = new Map<string, ToolDefinition[]>();
      for (const { app, definition } of tools) {
        const definitions = byApp.get(app);
        if (definitions) definitions.push(definition);
        else byApp.set(app, [definition]);
      }
      return { success: true, tools: [...byApp].map(([app, definitions]) => ({ [app]: definitions })) };
    } finally {
      call.close();
    }
  }

  @Post('tool/call')
  @HttpCode(200)
  @ApiOperation({ summary: 'Call a tool of a server, with the secrets of the user' })
  @ApiExample(
    CallToolDto,
    { serverName: 'everything', methodName: 'echo', args: { message: 'hello' } },
    { needs: 'the sample server' },
  )
  @ApiOkResponse({ type: CallToolAnswerDto })
  @ApiProblems(400, 404, 409, 413, 415, 429, 502, 504)
  async call(
    @Body() body: CallToolDto,
    @CurrentPrincipal() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ success: true; data: ToolResult; warnings?: string[] }> {
    const principal = actingUser(caller, body.username);
    const origin = originOf(request, principal.key === caller.key ? undefined : caller.key);
    const call = openCall({ principal, requestId: request.id, timeoutMs: this.config.toolCallTimeoutMs, origin });
    const giveUp = (): void => {
      if (!reply.raw.writableFinished) call.cancel();
    };
    reply.raw.once('close', giveUp);
    this.inFlight.started();
    finished(reply.raw, () => this.inFlight.ended()); // when the response is sent, or the client has disconnected
    try {
      const result = await this.registry.callInApp(body.serverName, body.methodName, body.args ?? {}, call.context);
      return { success: true, data: { ...result, contentType: contentTypeOf(result) }, ...warningsFor(body) };
    } catch (error) {
      throw toolProblem(error, { serverName: body.serverName, username: principal.subject });
    } finally {
      reply.raw.off('close', giveUp);
      call.close();
    }
  }
}

function contentTypeOf({ content }: ToolResult): string {
  const single = Array.isArray(content) && content.length === 1 ? (content[0] as { type?: unknown } | null) : undefined;
  return single?.type === 'text' ? 'text/plain' : 'application/json';
}
