import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, CurrentPrincipal, type Principal } from '@manifold/auth';
import { ApiProblems } from '@manifold/rest';
import { ChatSessions } from '../sessions/chat-sessions.service.js';

/** Lets clients find the session in which a chat continues. */
@ApiTags('mcp')
@ApiAuthenticated()
@ApiProblems(403, 503)
@Controller('mcp/sessions')
export class ChatSessionsController {
  constructor(private readonly chats: ChatSessions) {}

  @Get()
  @ApiOperation({ summary: 'List the chats of the caller (x-chat-id) with their sessions' })
  @ApiOkResponse({
    description: 'Session IDs by chat ID',
    schema: { type: 'object', additionalProperties: { type: 'string' } },
  })
  async list(@CurrentPrincipal() principal: Principal): Promise<Record<string, string>> {
    return Object.fromEntries(await this.chats.of(principal));
  }
}
