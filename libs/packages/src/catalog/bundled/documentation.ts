import type { CatalogServerDto } from '../catalog.dto.js';
import { npmServer, pythonServer, remoteServer } from './entry.js';

/** Documentation, papers, models. */
export const DOCUMENTATION: readonly CatalogServerDto[] = [
  remoteServer({
    name: 'context7',
    title: 'Context7',
    description: 'Documentation and examples of libraries, of the very version that is in use.',
    homepage: 'https://context7.com/docs',
    url: 'https://mcp.context7.com/mcp',
    secretHeaders: { Authorization: 'Bearer {CONTEXT7_API_KEY}' },
    secrets: [
      {
        name: 'CONTEXT7_API_KEY',
        purpose: 'API key: more requests than without',
        from: 'https://context7.com/dashboard',
        optional: true,
      },
    ],
  }),
  remoteServer({
    name: 'deepwiki',
    title: 'DeepWiki',
    description: 'Answers questions about public GitHub repositories from documentation made of their code.',
    homepage: 'https://docs.devin.ai/work-with-devin/deepwiki-mcp',
    url: 'https://mcp.deepwiki.com/mcp',
  }),
  remoteServer({
    name: 'microsoft-learn',
    title: 'Microsoft Learn',
    description: 'Searches and reads the documentation of Microsoft: Azure, .NET, Microsoft 365.',
    homepage: 'https://learn.microsoft.com',
    url: 'https://learn.microsoft.com/api/mcp',
  }),
  remoteServer({
    name: 'astro-docs',
    title: 'Astro Docs',
    description: 'Searches the documentation of the web framework Astro.',
    homepage: 'https://docs.astro.build/en/guides/build-with-ai/',
    url: 'https://mcp.docs.astro.build/mcp',
  }),
  remoteServer({
    name: 'cloudflare-docs',
    title: 'Cloudflare Docs',
    description: 'Searches the documentation of Cloudflare.',
    homepage: 'https://github.com/cloudflare/mcp-server-cloudflare/tree/main/apps/docs-ai-search',
    url: 'https://docs.mcp.cloudflare.com/mcp',
  }),
  pythonServer({
    name: 'aws-documentation',
    title: 'AWS Documentation',
    description: 'Searches and reads the documentation of AWS and recommends further pages.',
    homepage: 'https://github.com/awslabs/mcp/tree/main/src/aws-documentation-mcp-server',
    package: 'awslabs.aws-documentation-mcp-server',
    module: 'awslabs.aws_documentation_mcp_server.server',
    env: { AWS_DOCUMENTATION_PARTITION: 'aws', FASTMCP_LOG_LEVEL: 'ERROR' },
  }),
  npmServer({
    name: 'shopify-dev',
    title: 'Shopify Dev',
    description: 'Documentation and API schemas for those who write apps and themes for Shopify.',
    homepage: 'https://github.com/Shopify/dev-mcp',
    package: '@shopify/dev-mcp',
    env: { OPT_OUT_INSTRUMENTATION: 'true' },
  }),
  pythonServer({
    name: 'arxiv',
    title: 'arXiv',
    description: 'Finds papers on arXiv, downloads them and reads them to the model.',
    homepage: 'https://github.com/blazickjp/arxiv-mcp-server',
    package: 'arxiv-mcp-server',
    module: 'arxiv_mcp_server',
    args: ['--storage-path', 'papers'],
    note: 'Asks for Python 3.11. Papers are kept in the data folder of the server.',
  }),
  remoteServer({
    name: 'hugging-face',
    title: 'Hugging Face',
    description: 'Finds models, data sets, papers and applications on Hugging Face.',
    homepage: 'https://huggingface.co/mcp',
    url: 'https://huggingface.co/mcp',
  }),
];
