import type { CatalogServerDto } from '../catalog.dto.js';
import { npmServer, remoteServer } from './entry.js';

/** Project management, documents and chat. */
export const COLLABORATION: readonly CatalogServerDto[] = [
  remoteServer({
    name: 'notion',
    title: 'Notion',
    description: 'Pages and databases of a Notion workspace: search, read, write, comment.',
    homepage: 'https://developers.notion.com/docs/mcp',
    url: 'https://mcp.notion.com/mcp',
    signIn: 'oauth',
  }),
  npmServer({
    name: 'notion-api',
    title: 'Notion (integration token)',
    description: 'The API of Notion with the token of an integration: works where nobody can sign in.',
    homepage: 'https://github.com/makenotion/notion-mcp-server',
    package: '@notionhq/notion-mcp-server',
    secrets: [
      {
        name: 'NOTION_TOKEN',
        purpose: 'Token of an internal integration',
        from: 'https://www.notion.so/profile/integrations',
      },
    ],
    note: 'Its makers look after the remote server first.',
  }),
  npmServer({
    name: 'slack',
    title: 'Slack',
    description: 'Channels, threads and direct messages of a Slack workspace: read and search. Posting is off.',
    homepage: 'https://github.com/korotovsky/slack-mcp-server',
    package: 'slack-mcp-server',
    args: ['--transport', 'stdio'],
    secrets: [
      {
        name: 'SLACK_MCP_XOXP_TOKEN',
        purpose: 'User OAuth token (xoxp-...) of a Slack app in the workspace',
        from: 'https://api.slack.com/apps',
      },
    ],
  }),
  remoteServer({
    name: 'atlassian',
    title: 'Atlassian',
    description: 'Jira, Confluence and Compass in the cloud: issues, pages, components.',
    homepage:
      'https://support.atlassian.com/atlassian-rovo-mcp-server/docs/getting-started-with-the-atlassian-remote-mcp-server/',
    url: 'https://mcp.atlassian.com/v1/mcp',
    signIn: 'oauth',
  }),
  remoteServer({
    name: 'linear',
    title: 'Linear',
    description: 'Issues, projects and cycles of Linear: find, create and change them.',
    homepage: 'https://linear.app/docs/mcp',
    url: 'https://mcp.linear.app/mcp',
    signIn: 'oauth',
  }),
  remoteServer({
    name: 'asana',
    title: 'Asana',
    description: 'Tasks and projects of Asana: search, create, comment, report.',
    homepage: 'https://developers.asana.com/docs/integrating-with-asanas-mcp-server',
    url: 'https://mcp.asana.com/v2/mcp',
    signIn: 'oauth',
    note: 'Asana lets in only clients that were registered in its developer console before.',
  }),
  remoteServer({
    name: 'miro',
    title: 'Miro',
    description: 'Boards of Miro: look into them, draw diagrams, write documents.',
    homepage: 'https://developers.miro.com/docs/miro-mcp',
    url: 'https://mcp.miro.com/mcp',
    signIn: 'oauth',
  }),
  npmServer({
    name: 'airtable',
    title: 'Airtable',
    description: 'Bases and tables of Airtable: schemas, records, search.',
    homepage: 'https://github.com/domdomegg/airtable-mcp-server',
    package: 'airtable-mcp-server',
    secrets: [
      {
        name: 'AIRTABLE_API_KEY',
        purpose: 'Personal access token with the scopes schema.bases:read and data.records:read at least',
        from: 'https://airtable.com/create/tokens/new',
      },
    ],
  }),
  npmServer({
    name: 'resend',
    title: 'Resend',
    description: 'Sends e-mail and manages contacts, broadcasts and domains with Resend.',
    homepage: 'https://github.com/resend/mcp-send-email',
    package: 'resend-mcp',
    secrets: [{ name: 'RESEND_API_KEY', purpose: 'API key', from: 'https://resend.com/api-keys' }],
  }),
  npmServer({
    name: 'figma',
    title: 'Figma (Framelink)',
    description: 'Layout and style of Figma files in a form from which a model can write the page.',
    homepage: 'https://github.com/GLips/Figma-Context-MCP',
    package: 'figma-developer-mcp',
    args: ['--stdio'],
    env: { DO_NOT_TRACK: '1' },
    secrets: [
      {
        name: 'FIGMA_API_KEY',
        purpose: 'Personal access token that may read files',
        from: 'The settings of the Figma account, under Security',
      },
    ],
  }),
];
