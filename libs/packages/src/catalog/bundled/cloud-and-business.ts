import type { CatalogServerDto } from '../catalog.dto.js';
import { npmServer, pythonServer, remoteServer } from './entry.js';

const CLOUDFLARE = 'https://github.com/cloudflare/mcp-server-cloudflare/tree/main/apps';

/** Clouds and clusters, payments and customers, maps and charts. */
export const CLOUD_AND_BUSINESS: readonly CatalogServerDto[] = [
  npmServer({
    name: 'kubernetes',
    title: 'Kubernetes',
    description: 'Looks into a Kubernetes cluster with the tools of kubectl and Helm. Reads only.',
    homepage: 'https://github.com/Flux159/mcp-server-kubernetes',
    package: 'mcp-server-kubernetes',
    env: { KUBECONFIG_PATH: '{kubeconfig}', ALLOW_ONLY_READONLY_TOOLS: 'true' },
    fillIn: [
      {
        placeholder: '{kubeconfig}',
        purpose: 'kubeconfig file on the machine of the gateway',
        example: '/etc/manifold/kubeconfig',
      },
    ],
    note: 'Needs the program kubectl. All users act with the same kubeconfig.',
  }),
  remoteServer({
    name: 'cloudflare-bindings',
    title: 'Cloudflare Workers',
    description: 'Workers of Cloudflare with their storage: KV, R2, D1, Hyperdrive.',
    homepage: `${CLOUDFLARE}/workers-bindings`,
    url: 'https://bindings.mcp.cloudflare.com/mcp',
    signIn: 'oauth',
  }),
  remoteServer({
    name: 'cloudflare-observability',
    title: 'Cloudflare Observability',
    description: 'Logs and analytics of applications on Cloudflare, to find out what is wrong.',
    homepage: `${CLOUDFLARE}/workers-observability`,
    url: 'https://observability.mcp.cloudflare.com/mcp',
    signIn: 'oauth',
  }),
  npmServer({
    name: 'heroku',
    title: 'Heroku',
    description: 'Applications, dynos, add-ons, logs and databases on Heroku.',
    homepage: 'https://github.com/heroku/heroku-mcp-server',
    package: '@heroku/mcp-server',
    secrets: [{ name: 'HEROKU_API_KEY', purpose: 'Token', from: 'https://dashboard.heroku.com/account/applications' }],
  }),
  remoteServer({
    name: 'pulumi',
    title: 'Pulumi',
    description: 'Stacks and resources of Pulumi Cloud, and the registry of its providers.',
    homepage: 'https://www.pulumi.com/docs/iac/guides/ai-integration/mcp-server/',
    url: 'https://mcp.ai.pulumi.com/mcp',
    signIn: 'oauth',
  }),
  pythonServer({
    name: 'cloudwatch',
    title: 'Amazon CloudWatch',
    description: 'Metrics, alarms and logs of Amazon CloudWatch, to get to the root of a problem.',
    homepage: 'https://github.com/awslabs/mcp/tree/main/src/cloudwatch-mcp-server',
    package: 'awslabs.cloudwatch-mcp-server',
    module: 'awslabs.cloudwatch_mcp_server.server',
    env: { AWS_REGION: '{region}', AWS_PROFILE: '{profile}', FASTMCP_LOG_LEVEL: 'ERROR' },
    fillIn: [
      { placeholder: '{region}', purpose: 'AWS region', example: 'eu-central-1' },
      {
        placeholder: '{profile}',
        purpose: 'Profile in ~/.aws of the user that runs the gateway',
        example: 'monitoring',
      },
    ],
    note: 'All users act with the same AWS profile.',
  }),
  remoteServer({
    name: 'incident-io',
    title: 'incident.io',
    description: 'Incidents, alerts and on-call schedules.',
    homepage: 'https://docs.incident.io/ai/remote-mcp',
    url: 'https://mcp.incident.io/mcp',
    signIn: 'oauth',
  }),
  remoteServer({
    name: 'stripe',
    title: 'Stripe',
    description: 'Customers, invoices, payments and subscriptions of a Stripe account.',
    homepage: 'https://docs.stripe.com/mcp',
    url: 'https://mcp.stripe.com',
    signIn: 'oauth',
  }),
  remoteServer({
    name: 'close',
    title: 'Close',
    description: 'Leads, opportunities, calls and e-mails of the CRM Close.',
    homepage: 'https://help.close.com/docs/mcp-server',
    url: 'https://mcp.close.com/mcp',
    secretHeaders: { Authorization: 'Bearer {CLOSE_API_KEY}' },
    secrets: [
      {
        name: 'CLOSE_API_KEY',
        purpose: 'API key',
        from: 'The settings of Close, under Developer',
      },
    ],
  }),
  npmServer({
    name: 'mapbox',
    title: 'Mapbox',
    description: 'Geocoding, places, routes, travel times and maps.',
    homepage: 'https://github.com/mapbox/mcp-server',
    package: '@mapbox/mcp-server',
    secrets: [{ name: 'MAPBOX_ACCESS_TOKEN', purpose: 'Access token', from: 'https://account.mapbox.com/' }],
    note: 'Asks for Node.js 22.',
  }),
  npmServer({
    name: 'charts',
    title: 'AntV Charts',
    description: 'Draws charts, maps and diagrams of data that the model gives.',
    homepage: 'https://github.com/antvis/mcp-server-chart',
    package: '@antv/mcp-server-chart',
    note: 'The data goes to a service of AntV, unless VIS_REQUEST_SERVER names one of your own.',
  }),
  pythonServer({
    name: 'elevenlabs',
    title: 'ElevenLabs',
    description: 'Speaks, transcribes and clones voices.',
    homepage: 'https://github.com/elevenlabs/elevenlabs-mcp',
    package: 'elevenlabs-mcp',
    module: 'elevenlabs_mcp.server',
    env: { ELEVENLABS_MCP_OUTPUT_MODE: 'resources' },
    secrets: [{ name: 'ELEVENLABS_API_KEY', purpose: 'API key', from: 'https://elevenlabs.io/app/settings/api-keys' }],
    note: 'Asks for Python 3.11.',
  }),
];
