import { isObject } from '@manifold/async';
import { ProviderError, parseJson } from '@manifold/tool-provider';

/** An action as ActionKit describes it. */
export interface ActionDescription {
  readonly integration: string;
  readonly name: string;
  readonly description?: string;
  readonly inputSchema: object;
}

/** @param skipped called for each action that cannot be used; the others are still returned */
export function actionsOf(body: string, skipped: (integration: string) => void): ActionDescription[] {
  const answer = parseJson(body);
  const groups = isObject(answer) ? (answer.actions ?? answer.tools) : undefined;
  if (!isObject(groups)) {
    throw new ProviderError('upstream_rejected', 'Paragon sent an answer that is not a list of actions');
  }
  return Object.entries(groups).flatMap(([integration, entries]) => {
    if (!Array.isArray(entries)) {
      skipped(integration);
      return [];
    }
    return entries.flatMap((entry: unknown) => {
      const action = actionOf(integration, entry);
      if (!action) skipped(integration);
      return action ?? [];
    });
  });
}

function actionOf(integration: string, entry: unknown): ActionDescription | undefined {
  const definition = isObject(entry) ? entry.function : undefined;
  if (!isObject(definition)) return undefined;
  const { name, description, parameters = { type: 'object', properties: {} } } = definition;
  if (typeof name !== 'string' || name === '' || !isObject(parameters)) return undefined;
  return {
    integration,
    name,
    description: typeof description === 'string' ? description : undefined,
    inputSchema: parameters,
  };
}

/** @returns the keys of the project's active integrations, as the proxy and OpenAPI files use them: `slack`, `custom.spotify` */
export function activeIntegrationsOf(body: string): string[] {
  const answer = parseJson(body);
  if (!Array.isArray(answer)) {
    throw new ProviderError('upstream_rejected', 'Paragon sent an answer that is not a list of integrations');
  }
  return answer.flatMap((entry: unknown) => {
    if (!isObject(entry) || entry.isActive === false || typeof entry.type !== 'string') return [];
    if (entry.type !== 'custom') return [entry.type];
    const slug = isObject(entry.customIntegration) ? entry.customIntegration.slug : undefined;
    return typeof slug === 'string' ? [`custom.${slug}`] : [];
  });
}
