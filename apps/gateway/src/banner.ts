import type { Config } from '@manifold/config';

/** What a newcomer needs after the start: where the gateway is, and what to paste into a client. */
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

const indented = (value: unknown): string => JSON.stringify(value, null, 2).replaceAll(/^/gm, '  ');
