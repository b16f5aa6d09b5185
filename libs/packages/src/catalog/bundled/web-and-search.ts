import type { CatalogServerDto } from '../catalog.dto.js';
import { npmServer, pythonServer, remoteServer } from './entry.js';

/** Search engines, web pages, browsers. */
export const WEB_AND_SEARCH: readonly CatalogServerDto[] = [
  pythonServer({
    name: 'fetch',
    title: 'Fetch',
    description: 'Fetches a web page and gives it back as Markdown.',
    homepage: 'https://github.com/modelcontextprotocol/servers/tree/main/src/fetch',
    package: 'mcp-server-fetch',
    module: 'mcp_server_fetch',
    note: 'It reaches whatever the machine of the gateway reaches, internal addresses included.',
  }),
  npmServer({
    name: 'brave-search',
    title: 'Brave Search',
    description: 'Searches the web, news, images, videos and places with the index of Brave.',
    homepage: 'https://github.com/brave/brave-search-mcp-server',
    package: '@brave/brave-search-mcp-server',
    env: { BRAVE_MCP_TRANSPORT: 'stdio' },
    secrets: [
      {
        name: 'BRAVE_API_KEY',
        purpose: 'Key of the Brave Search API',
        from: 'https://api-dashboard.search.brave.com/app/keys',
      },
    ],
  }),
  npmServer({
    name: 'tavily',
    title: 'Tavily',
    description: 'Web search for agents, and the text of pages: search, extract, crawl and map a site.',
    homepage: 'https://github.com/tavily-ai/tavily-mcp',
    package: 'tavily-mcp',
    secrets: [{ name: 'TAVILY_API_KEY', purpose: 'Key of the Tavily API', from: 'https://app.tavily.com/home' }],
  }),
  npmServer({
    name: 'exa',
    title: 'Exa',
    description: 'Searches the web by meaning and fetches the content of what was found.',
    homepage: 'https://github.com/exa-labs/exa-mcp-server',
    package: 'exa-mcp-server',
    secrets: [{ name: 'EXA_API_KEY', purpose: 'Key of the Exa API', from: 'https://dashboard.exa.ai/api-keys' }],
  }),
  npmServer({
    name: 'firecrawl',
    title: 'Firecrawl',
    description: 'Scrapes pages, crawls sites, searches the web and extracts structured data.',
    homepage: 'https://github.com/firecrawl/firecrawl-mcp-server',
    package: 'firecrawl-mcp',
    secrets: [
      {
        name: 'FIRECRAWL_API_KEY',
        purpose: 'Key of the Firecrawl API',
        from: 'https://www.firecrawl.dev/app/api-keys',
      },
    ],
    note: 'Asks for Node.js 22.',
  }),
  npmServer({
    name: 'perplexity',
    title: 'Perplexity',
    description: 'Answers questions and does research with sources from the web.',
    homepage: 'https://github.com/perplexityai/modelcontextprotocol',
    package: '@perplexity-ai/mcp-server',
    secrets: [
      { name: 'PERPLEXITY_API_KEY', purpose: 'Key of the Perplexity API', from: 'https://console.perplexity.ai' },
    ],
  }),
  npmServer({
    name: 'brightdata',
    title: 'Bright Data',
    description: 'Searches the web and reads pages that keep robots out, through the network of Bright Data.',
    homepage: 'https://github.com/brightdata/brightdata-mcp',
    package: '@brightdata/mcp',
    secrets: [
      { name: 'API_TOKEN', purpose: 'API token of a Bright Data account', from: 'The account settings of Bright Data' },
    ],
  }),
  remoteServer({
    name: 'apify',
    title: 'Apify',
    description: 'Runs the scrapers and automations of the Apify store and reads their results.',
    homepage: 'https://github.com/apify/apify-mcp-server',
    url: 'https://mcp.apify.com',
    secretHeaders: { Authorization: 'Bearer {APIFY_TOKEN}' },
    secrets: [
      {
        name: 'APIFY_TOKEN',
        purpose: 'API token',
        from: 'The settings of the Apify Console',
      },
    ],
  }),
  pythonServer({
    name: 'duckduckgo',
    title: 'DuckDuckGo Search',
    description: 'Searches the web with DuckDuckGo, without an account, and fetches the text of pages.',
    homepage: 'https://github.com/nickclyde/duckduckgo-mcp-server',
    package: 'duckduckgo-mcp-server',
    module: 'duckduckgo_mcp_server.server',
  }),
  npmServer({
    name: 'playwright',
    title: 'Playwright',
    description: 'Drives a browser: opens pages, clicks, types, reads what is shown.',
    homepage: 'https://github.com/microsoft/playwright-mcp',
    package: '@playwright/mcp',
    args: ['--headless', '--isolated'],
    perUser: true,
    note: 'Needs a browser on the machine of the gateway.',
  }),
  npmServer({
    name: 'chrome-devtools',
    title: 'Chrome DevTools',
    description: 'Inspects pages in Chrome: network, console, performance traces, screenshots.',
    homepage: 'https://github.com/ChromeDevTools/chrome-devtools-mcp',
    package: 'chrome-devtools-mcp',
    args: ['--headless=true', '--isolated=true', '--no-usage-statistics'],
    perUser: true,
    note: 'Needs Chrome on the machine of the gateway.',
  }),
];
