const BOTH = ['http', 'sse'];

/**
 * The clients that are tried. `file` is in the folder clients. `python` names the requirements of its venv (two lines of the SDK cannot be in
 * one); `packages` are then packages of the Python index, else of npm. `target` is given to the file as it is. `transports`: http (Streamable
 * HTTP), sse (HTTP+SSE).
 */
export const CLIENTS = [
  { name: 'TypeScript SDK 1', packages: ['@modelcontextprotocol/sdk'], file: 'sdk-1.mjs', transports: BOTH },
  { name: 'TypeScript SDK 2', packages: ['@modelcontextprotocol/client'], file: 'sdk-2.mjs', transports: BOTH },
  {
    name: 'TypeScript SDK 2, revision 2026-07-28',
    packages: ['@modelcontextprotocol/client'],
    file: 'sdk-2.mjs',
    transports: ['http'],
    target: { revision: '2026-07-28' },
  },
  { name: 'Python SDK 1', packages: ['mcp'], file: 'python-sdk-1.py', python: '1', transports: BOTH },
  { name: 'Python SDK 2', packages: ['mcp'], file: 'python-sdk-2.py', python: '2', transports: BOTH },
  {
    name: 'Python SDK 2, revision 2026-07-28',
    packages: ['mcp'],
    file: 'python-sdk-2.py',
    python: '2',
    transports: ['http'],
    target: { revision: '2026-07-28' },
  },
  { name: 'mcp-remote', packages: ['mcp-remote'], file: 'mcp-remote.mjs', transports: BOTH },
  {
    name: 'Inspector, command line',
    packages: ['@modelcontextprotocol/inspector'],
    file: 'inspector.mjs',
    transports: BOTH,
  },
  { name: 'AI SDK', packages: ['@ai-sdk/mcp', 'ai'], file: 'ai-sdk.mjs', transports: BOTH },
  { name: 'LangChain', packages: ['@langchain/mcp-adapters'], file: 'langchain.mjs', transports: BOTH },
  {
    name: 'LangChain for Python',
    packages: ['langchain-mcp-adapters'],
    file: 'langchain.py',
    python: '1',
    transports: BOTH,
  },
  { name: 'OpenAI Agents', packages: ['@openai/agents'], file: 'openai-agents.mjs', transports: BOTH },
  { name: 'Mastra', packages: ['@mastra/mcp'], file: 'mastra.mjs', transports: ['http'] },
  { name: 'mcp-use', packages: ['mcp-use'], file: 'mcp-use.mjs', transports: BOTH },
];
