import type { IncomingHttpHeaders } from 'node:http';
import { isSubject } from '@manifold/auth';
import { invalidRequest } from './json-rpc-error.js';

/**
 * The chat that the request belongs to, as the client names it in `x-chat-id`.
 * @throws JsonRpcError 400
 */
export function readChatId({ 'x-chat-id': chatId }: IncomingHttpHeaders): string | undefined {
  if (chatId === undefined || isSubject(chatId)) return chatId;
  throw invalidRequest('x-chat-id must be 1 to 256 printable characters');
}
