import type { ToolDefinition } from '@manifold/tool-provider';

/** Maximum number of tools that a client may enable at once. It is more than any client can use. */
export const MAX_ENABLED = 500;
/** Maximum characters of a tool name. No public name is longer. */
export const MAX_NAME = 256;
export const MAX_QUERY = 500;
export const MAX_FOUND = 50;
export const FOUND_BY_DEFAULT = 10;

export const ENABLE_TOOLS = 'enable-tools';
export const SEARCH_TOOLS = 'search-tools';
export const CALL_TOOL = 'call-tool';

const name = { type: 'string', maxLength: MAX_NAME };

const enableTools: ToolDefinition = {
  name: ENABLE_TOOLS,
  title: 'Enable Tools',
  description:
    'Makes the named tools available in this session, instead of those that were enabled before. ' +
    `The names of all tools can be found with ${SEARCH_TOOLS}.`,
  inputSchema: {
    type: 'object',
    properties: {
      tools: { type: 'array', items: name, maxItems: MAX_ENABLED, description: 'Names of the tools to enable' },
    },
    required: ['tools'],
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
};

/** The tool of clients that see it alone, as Integration.app documents it: they know the names. */
const enableKnownTools: ToolDefinition = {
  ...enableTools,
  description: 'Makes the named tools available in this session, instead of those that were enabled before.',
};

const searchTools: ToolDefinition = {
  name: SEARCH_TOOLS,
  title: 'Search Tools',
  description:
    'Finds tools by what they do, best first, with their descriptions and the JSON Schemas of their arguments. ' +
    `A tool that was found is run with ${CALL_TOOL}.`,
  inputSchema: {
    type: 'object',
    properties: {
      query: {
        type: 'string',
        minLength: 1,
        maxLength: MAX_QUERY,
        description: 'What the tool should do, in a few words',
      },
      limit: { type: 'integer', minimum: 1, maximum: MAX_FOUND, default: FOUND_BY_DEFAULT },
    },
    required: ['query'],
  },
  annotations: { readOnlyHint: true, openWorldHint: false },
};

const callTool: ToolDefinition = {
  name: CALL_TOOL,
  title: 'Call Tool',
  description: `Runs a tool by its name and with arguments that fit its schema, both as ${SEARCH_TOOLS} shows them.`,
  inputSchema: {
    type: 'object',
    properties: {
      name: { ...name, description: 'Name of the tool' },
      arguments: { type: 'object', description: 'Arguments of the tool', additionalProperties: true },
    },
    required: ['name'],
  },
};

/** Tools of dynamic mode for clients without a session. Tools can be enabled only in a session. */
export const STATELESS_TOOLS: readonly ToolDefinition[] = [searchTools, callTool];
export const SESSION_TOOLS: readonly ToolDefinition[] = [enableTools, ...STATELESS_TOOLS];
/** Tools of sessions whose callers come from Integration.app. */
export const ENABLING_TOOLS: readonly ToolDefinition[] = [enableKnownTools];
