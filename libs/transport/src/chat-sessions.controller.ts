import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, CurrentPrincipal, type Principal } from '@manifold/auth';
import { ApiProblems } from '@manifold/rest';
import { ChatSessions } from './chat-sessions.service.js';

/** For clients that want to continue a chat in the session that it has. */
@ApiTags('mcp')
@ApiAuthenticated()
@ApiProblems(403, 503)
@Controller('mcp/sessions')
export class ChatSessionsController {
  constructor(private readonly chats: ChatSessions) {}

  @Get()
  @ApiOperation({ summary: 'List the sessions of your chats (x-chat-id)' })
  @ApiOkResponse({
    description: 'The id of the session by the id of the chat',
    schema: { type: 'object', additionalProperties: { type: 'string' } },
  })
  async list(@CurrentPrincipal() principal: Principal): Promise<Record<string, string>> {
    return Object.fromEntries(await this.chats.of(principal));
  }
}
