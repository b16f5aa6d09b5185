import { basename, dirname, join, relative } from 'node:path';
import type { Config } from '@manifold/config';
import { databaseName } from './database.js';

/** Returns the text for a new user after the start: the URLs of the gateway and the configuration for clients. */
export function banner(config: Config, url: string): string {
  const cursor = { mcpServers: { manifold: { url: `${url}/mcp` } } };
  const claude = { mcpServers: { manifold: { command: 'npx', args: ['-y', 'mcp-remote', `${url}/mcp`] } } };
  return `
Manifold listens on ${url}

  MCP clients   ${url}/mcp${config.legacySse ? `   (HTTP+SSE: ${url}/sse)` : ''}
  REST API      ${url}/docs

Cursor (~/.cursor/mcp.json)
${indented(cursor)}

Claude Code
  claude mcp add --transport http manifold ${url}/mcp

Claude Desktop (claude_desktop_config.json)
${indented(claude)}
`;
}

/**
 * Returns the text for an operator after the start in production: the URLs of the gateway and how to create the first key.
 * @param hasKeys whether there is an API key already
 */
export function productionBanner(config: Config, url: string, hasKeys: boolean): string {
  const firstKey = `
There is no API key yet. Make the first one for yourself, with the settings of the gateway. It is printed once:
  ${adminCommand(process.argv[1])} create-key --name me --roles user,operator,admin
`;
  return `
Manifold listens on ${url}

  MCP clients   ${config.publicUrl}/mcp${config.legacySse ? `   (HTTP+SSE: ${config.publicUrl}/sse)` : ''}
  REST API      ${config.publicUrl}/docs${config.publicDetails ? '' : '   (with a key, unless PUBLIC_DETAILS=true)'}
  Database      ${databaseName(config)}

A client brings its key: Authorization: Bearer <API key>
${hasKeys ? '' : firstKey}`;
}

/** Returns the admin command for the way in which this program was started: images have no npm scripts. */
export function adminCommand(program = ''): string {
  if (basename(program) === 'start.mjs') return 'npm run admin --';
  return `node ${relative(process.cwd(), join(dirname(program), 'admin.js'))}`;
}

const indented = (value: unknown): string => JSON.stringify(value, null, 2).replaceAll(/^/gm, '  ');
