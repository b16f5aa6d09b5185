import { ProviderError } from '@manifold/tool-provider';

/** Returns the error with the text that the specification requires, which models understand. */
export function notConnected(integration: string, setupUrl: string): ProviderError {
  const words =
    `The ${integration} integration is not enabled for the user. To set it up and use this tool, the user will need to visit: ` +
    `${setupUrl}. Instruct the user to set up their ${integration} integration by visiting the link. Format the setup link in Markdown.`;
  return new ProviderError('not_connected', `The ${integration} integration is not connected`, {
    modelText: words,
    setupUrl,
  });
}
