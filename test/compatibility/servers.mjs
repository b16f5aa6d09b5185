/** A folder that every machine has, and that a server may read. */
const HERE = import.meta.dirname;

/**
 * The servers that are installed: `version` of `package` with `args` and `env`. Keys are invalid: no test may depend on an account. `call` is a
 * tool that does no harm, with its arguments: an answer that the key is invalid is an answer. Without `call` only the list is tried.
 */
export const SERVERS = [
  {
    package: '@modelcontextprotocol/server-everything',
    version: '2026.8.31',
    call: ['echo', { message: 'hello' }],
  },
  {
    package: '@modelcontextprotocol/server-filesystem',
    version: '2026.8.31',
    args: [HERE],
    call: ['list_allowed_directories', {}],
  },
  { package: '@modelcontextprotocol/server-memory', version: '2026.8.31', call: ['read_graph', {}] },
  {
    package: '@modelcontextprotocol/server-sequential-thinking',
    version: '2026.8.31',
    call: ['sequentialthinking', { thought: 'one', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 }],
  },
  {
    package: '@modelcontextprotocol/server-github',
    version: '2025.4.8',
    env: { GITHUB_PERSONAL_ACCESS_TOKEN: 'invalid' },
    call: ['search_repositories', { query: 'mcp' }],
  },
  {
    package: '@modelcontextprotocol/server-slack',
    version: '2025.4.25',
    env: { SLACK_BOT_TOKEN: 'invalid', SLACK_TEAM_ID: 'T0' },
    call: ['slack_list_channels', {}],
  },
  {
    package: '@modelcontextprotocol/server-postgres',
    version: '0.6.2',
    args: ['postgresql://127.0.0.1:1/none'],
    call: ['query', { sql: 'SELECT 1' }],
  },
  {
    package: '@upstash/context7-mcp',
    version: '4.1.1',
    call: ['resolve-library-id', { libraryName: 'zod', query: 'zod' }],
  },
  {
    package: '@notionhq/notion-mcp-server',
    version: '2.5.2',
    env: { NOTION_TOKEN: 'ntn_invalid' },
    call: ['API-get-self', {}],
  },
  { package: '@playwright/mcp', version: '0.0.83' },
  { package: 'chrome-devtools-mcp', version: '1.11.0' },
  { package: '@executeautomation/playwright-mcp-server', version: '1.0.12' },
  {
    package: 'firecrawl-mcp',
    version: '3.26.0',
    env: { FIRECRAWL_API_KEY: 'fc-invalid' },
    call: ['firecrawl_scrape', { url: 'https://example.com' }],
  },
  {
    package: 'tavily-mcp',
    version: '0.2.22',
    env: { TAVILY_API_KEY: 'tvly-invalid' },
    call: ['tavily_search', { query: 'mcp' }],
  },
  {
    package: 'exa-mcp-server',
    version: '3.4.1',
    env: { EXA_API_KEY: 'invalid' },
    call: ['web_search_exa', { query: 'mcp' }],
  },
  {
    package: '@brave/brave-search-mcp-server',
    version: '2.1.4',
    env: { BRAVE_API_KEY: 'invalid' },
    call: ['brave_web_search', { query: 'mcp' }],
  },
  {
    package: '@perplexity-ai/mcp-server',
    version: '1.2.1',
    env: { PERPLEXITY_API_KEY: 'invalid' },
    call: ['perplexity_search', { query: 'mcp' }],
  },
  {
    package: '@supabase/mcp-server-supabase',
    version: '0.13.0',
    env: { SUPABASE_ACCESS_TOKEN: 'sbp_invalid' },
    call: ['list_projects', {}],
  },
  { package: '@sentry/mcp-server', version: '0.39.0', env: { SENTRY_ACCESS_TOKEN: 'invalid' }, call: ['whoami', {}] },
  { package: '@stripe/mcp', version: '0.3.3', args: ['--api-key=rk_test_invalid'] },
  {
    package: 'figma-developer-mcp',
    version: '0.13.2',
    args: ['--stdio'],
    env: { FIGMA_API_KEY: 'invalid' },
    call: ['get_figma_data', { fileKey: 'abc' }],
  },
  {
    package: 'mongodb-mcp-server',
    version: '3.0.4',
    env: { MDB_MCP_TELEMETRY: 'disabled' },
    call: ['list-databases', {}],
  },
  { package: '@heroku/mcp-server', version: '1.2.8', env: { HEROKU_API_KEY: 'invalid' } },
  { package: '@cloudflare/mcp-server-cloudflare', version: '0.2.0', args: ['run', '0123456789abcdef0123456789abcdef'] },
  { package: 'kubernetes-mcp-server', version: '0.0.67' },
  { package: 'mcp-server-kubernetes', version: '4.1.7' },
  { package: '@wonderwhy-er/desktop-commander', version: '0.2.52', call: ['get_config', {}] },
  { package: '@hubspot/mcp-server', version: '0.4.0', env: { PRIVATE_APP_ACCESS_TOKEN: 'invalid' } },
  {
    package: '@benborla29/mcp-server-mysql',
    version: '2.0.9',
    env: { MYSQL_HOST: '127.0.0.1', MYSQL_PORT: '1', MYSQL_USER: 'none', MYSQL_PASS: 'none', MYSQL_DB: 'none' },
    call: ['mysql_query', { sql: 'SELECT 1' }],
  },
];
