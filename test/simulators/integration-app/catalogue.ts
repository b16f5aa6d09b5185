/** An action of an integration. */
export interface ActionDefinition {
  readonly key: string;
  readonly name: string;
  /** JSON Schema; not set for actions without input. */
  readonly inputSchema?: Readonly<Record<string, unknown>>;
}

/** An integration of the workspace. */
export interface Integration {
  readonly id: string;
  readonly key: string;
  /** The display name. */
  readonly name: string;
  readonly actions: readonly ActionDefinition[];
}

/** The integrations of the workspace and their actions. */
export class Catalogue {
  private readonly integrations = new Map<string, Integration>();

  constructor(integrations: readonly Integration[]) {
    for (const integration of integrations) this.integrations.set(integration.key, integration);
  }

  /** Replaces the actions of the integration, and adds the integration if it is unknown. */
  offer(key: string, actions: readonly ActionDefinition[]): void {
    this.integrations.set(key, { ...(this.integrations.get(key) ?? newIntegration(key)), actions });
  }

  get(key: string): Integration | undefined {
    return this.integrations.get(key);
  }

  withId(id: string): Integration | undefined {
    return [...this.integrations.values()].find((integration) => integration.id === id);
  }
}

export const newIntegration = (key: string, name = key, actions: readonly ActionDefinition[] = []): Integration => ({
  id: `integration-${key}`,
  key,
  name,
  actions,
});
