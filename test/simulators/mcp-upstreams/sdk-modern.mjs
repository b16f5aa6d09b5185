/**
 * A server of the official SDK 2.x that supports only the modern era, over stdio.
 *
 *   --http     over Streamable HTTP instead; its first line of output is the address
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { acceptedContent, createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
import { readFlags } from './flags.mjs';

const NOTE = 'sim://note';
let cancelled = 0;
let slow = 0;
let added = 0;
let handler;

const text = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });
const question = (message) =>
  inputRequired.elicit({ message, requestedSchema: { type: 'object', properties: { answer: { type: 'string' } } } });

function create() {
  const capabilities = { logging: {}, tools: { listChanged: true }, resources: { subscribe: true, listChanged: true } };
  const server = new McpServer({ name: 'sdk-modern', version: '2' }, { capabilities, instructions: 'Ask away.' });
  const tool = (name, run) =>
    server.registerTool(name, { description: name, inputSchema: z.object({ marker: z.string().optional() }) }, run);

  tool('ask', async ({ marker }, ctx) => {
    const answers = ctx.mcpReq.inputResponses;
    await ctx.mcpReq.log('info', `${marker} in round ${answers ? 2 : 1}`);
    if (!answers) {
      return inputRequired({ inputRequests: { one: question(`${marker} one`), two: question(`${marker} two`) } });
    }
    const [one, two] = ['one', 'two'].map((key) => acceptedContent(answers, key)?.answer);
    return text({ marker, one, two });
  });
  tool('ask_for_ever', ({ marker }) => inputRequired({ inputRequests: { again: question(marker) } }));
  tool('capabilities', (_, ctx) => text(ctx.mcpReq.envelope['io.modelcontextprotocol/clientCapabilities']));
  tool('pid', () => text(process.pid));
  tool('slow', async (_, ctx) => {
    slow += 1;
    await sleep(60_000, undefined, { signal: ctx.mcpReq.signal }).catch(() => (cancelled += 1));
    return text('late');
  });
  tool('cancelled', () => text(cancelled));
  tool('slow_calls', () => text(slow));
  tool('touch', async () => {
    if (handler) handler.notify.resourceUpdated(NOTE);
    else await server.server.sendResourceUpdated({ uri: NOTE });
    return text('touched');
  });
  tool('grow', () => {
    added += 1;
    if (handler) handler.notify.toolsChanged();
    else tool(`added_${added}`, () => text('added'));
    return text('grown');
  });
  if (handler) for (let number = 1; number <= added; number += 1) tool(`added_${number}`, () => text('added'));

  server.registerResource('note', NOTE, {}, () => ({ contents: [{ uri: NOTE, text: 'a note' }] }));
  server.server.setRequestHandler('resources/subscribe', () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', () => ({}));
  return server;
}

if (readFlags().http) {
  handler = createMcpHandler(create, { legacy: 'reject' });
  const http = createServer({ keepAliveTimeout: 0 }, toNodeHandler(handler)).listen(0, '127.0.0.1');
  await once(http, 'listening');
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
} else {
  serveStdio(create, { legacy: 'reject' });
}
