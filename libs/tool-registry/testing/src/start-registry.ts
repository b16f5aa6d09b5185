import type { Principal } from '@manifold/auth';
import { SingleBus, type Bus } from '@manifold/bus';
import { loadConfig } from '@manifold/config';
import { testGate } from '@manifold/limits/testing';
import { Metrics } from '@manifold/metrics';
import { openCall, ToolProviders, type CallContext, type ToolProvider } from '@manifold/tool-provider';
import { ToolRegistry, type Catalogue } from '@manifold/tool-registry';

/** As TOOL_LIST_TTL_MS has it by default. */
export const TTL_MS = 60_000;

export interface StartedRegistry {
  readonly registry: ToolRegistry;
  catalogue(principal: Principal): Promise<Catalogue>;
  /** The public names that the principal sees. */
  names(principal: Principal): Promise<string[]>;
  stop(): void;
}

export const startRegistry = (...providers: ToolProvider[]): StartedRegistry =>
  startRegistryOn(new SingleBus(), ...providers);

export function startRegistryOn(bus: Bus, ...providers: ToolProvider[]): StartedRegistry {
  const registry = new ToolRegistry(new ToolProviders(providers), loadConfig({}), new Metrics(), bus, testGate());
  registry.onModuleInit();
  const catalogue = (principal: Principal): Promise<Catalogue> => registry.list(contextOf(principal));
  return {
    registry,
    catalogue,
    names: async (principal) => (await catalogue(principal)).tools.map(({ publicName }) => publicName),
    stop: () => registry.onApplicationShutdown(),
  };
}

export function contextOf(principal: Principal): CallContext {
  const call = openCall({ principal, requestId: 'registry-spec', timeoutMs: 1_000 });
  call.close();
  return call.context;
}
