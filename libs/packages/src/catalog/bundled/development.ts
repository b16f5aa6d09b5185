import type { CatalogServerDto } from '../catalog.dto.js';
import { npmServer, remoteServer } from './entry.js';

/** Code, builds, tests, errors. */
export const DEVELOPMENT: readonly CatalogServerDto[] = [
  remoteServer({
    name: 'github',
    title: 'GitHub',
    description: 'Repositories, issues, pull requests, actions and code search of GitHub, in the name of the user.',
    homepage: 'https://github.com/github/github-mcp-server',
    url: 'https://api.githubcopilot.com/mcp/',
    secretHeaders: { Authorization: 'Bearer {GITHUB_TOKEN}' },
    secrets: [
      {
        name: 'GITHUB_TOKEN',
        purpose: 'Personal access token',
        from: 'https://github.com/settings/personal-access-tokens/new',
      },
    ],
  }),
  npmServer({
    name: 'gitlab',
    title: 'GitLab',
    description:
      'Projects, merge requests, issues, pipelines and wikis of GitLab, also of an own instance. Reads only.',
    homepage: 'https://github.com/zereight/gitlab-mcp',
    package: '@zereight/mcp-gitlab',
    args: ['--permission-mode=readonly'],
    env: { GITLAB_API_URL: '{api-url}' },
    secrets: [
      {
        name: 'GITLAB_PERSONAL_ACCESS_TOKEN',
        purpose: 'Personal access token',
        from: 'The preferences of the GitLab account, under Access tokens',
      },
    ],
    fillIn: [{ placeholder: '{api-url}', purpose: 'API of the instance', example: 'https://gitlab.com/api/v4' }],
  }),
  npmServer({
    name: 'azure-devops',
    title: 'Azure DevOps',
    description: 'Work items, repositories, pull requests, pipelines and wikis of an Azure DevOps organisation.',
    homepage: 'https://github.com/microsoft/azure-devops-mcp',
    package: '@azure-devops/mcp',
    args: ['{organisation}', '--authentication', 'pat'],
    secrets: [
      {
        name: 'PERSONAL_ACCESS_TOKEN',
        purpose: 'Base64 of e-mail address, colon and personal access token',
        from: 'The user settings of Azure DevOps, under Personal access tokens',
      },
    ],
    fillIn: [{ placeholder: '{organisation}', purpose: 'Name of the organisation', example: 'contoso' }],
  }),
  npmServer({
    name: 'circleci',
    title: 'CircleCI',
    description: 'Builds of CircleCI: why they failed, which tests are flaky, and running them again.',
    homepage: 'https://github.com/CircleCI-Public/mcp-server-circleci',
    package: '@circleci/mcp-server-circleci',
    env: { DISABLE_TELEMETRY: 'true' },
    secrets: [
      { name: 'CIRCLECI_TOKEN', purpose: 'Personal API token', from: 'https://app.circleci.com/settings/user/tokens' },
    ],
  }),
  remoteServer({
    name: 'sentry',
    title: 'Sentry',
    description: 'Errors and performance problems that Sentry recorded, with their traces.',
    homepage: 'https://docs.sentry.io/product/sentry-mcp/',
    url: 'https://mcp.sentry.dev/mcp',
    signIn: 'oauth',
  }),
  npmServer({
    name: 'sentry-self-hosted',
    title: 'Sentry (self-hosted)',
    description: 'Errors and performance problems of a Sentry instance of your own.',
    homepage: 'https://github.com/getsentry/sentry-mcp',
    package: '@sentry/mcp-server',
    args: ['--host={host}', '--disable-skills=seer'],
    secrets: [{ name: 'SENTRY_ACCESS_TOKEN', purpose: 'User auth token', from: 'The account settings of Sentry' }],
    fillIn: [{ placeholder: '{host}', purpose: 'Host of the instance', example: 'sentry.example.com' }],
  }),
  npmServer({
    name: 'postman',
    title: 'Postman',
    description: 'Collections, environments and workspaces of Postman.',
    homepage: 'https://github.com/postmanlabs/postman-mcp-server',
    package: '@postman/postman-mcp-server',
    secrets: [{ name: 'POSTMAN_API_KEY', purpose: 'API key', from: 'The account settings of Postman, under API keys' }],
  }),
  npmServer({
    name: 'browserstack',
    title: 'BrowserStack',
    description: 'Tests on real browsers and devices, and the reasons why they failed.',
    homepage: 'https://github.com/browserstack/mcp-server',
    package: '@browserstack/mcp-server',
    secrets: [
      {
        name: 'BROWSERSTACK_USERNAME',
        purpose: 'User name of the account',
        from: 'https://www.browserstack.com/accounts/profile/details',
      },
      {
        name: 'BROWSERSTACK_ACCESS_KEY',
        purpose: 'Access key of the account',
        from: 'https://www.browserstack.com/accounts/profile/details',
      },
    ],
  }),
  remoteServer({
    name: 'semgrep',
    title: 'Semgrep',
    description: 'Scans code for security holes with the rules of Semgrep.',
    homepage: 'https://semgrep.dev/docs/mcp',
    url: 'https://mcp.semgrep.ai/mcp',
  }),
];
