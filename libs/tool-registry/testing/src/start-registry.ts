import type { Principal } from '@manifold/auth';
import { SingleBus, subscribeMethods, type Bus } from '@manifold/bus';
import { loadConfig } from '@manifold/config';
import { testGate } from '@manifold/limits/testing';
import { Metrics } from '@manifold/metrics';
import { openCall, ToolProviders, type CallContext, type ToolProvider } from '@manifold/tool-provider';
import { CallPermits } from '../../src/calls/call-permits.js';
import { CallPipeline } from '../../src/calls/call-pipeline.js';
import { CallReports } from '../../src/calls/call-reports.js';
import { ProviderFaults } from '../../src/calls/provider-faults.js';
import { ToolRegistry } from '../../src/tool-registry.service.js';
import { type Catalogue } from '../../src/catalogue/catalogue.js';

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

/** A registry as Nest puts it together, before its module is initialized. */
export function newRegistry(bus: Bus, metrics: Metrics, providers: ToolProvider[]): ToolRegistry {
  const reports = new CallReports(metrics);
  const pipeline = new CallPipeline(reports, new CallPermits(testGate()), new ProviderFaults());
  return new ToolRegistry(new ToolProviders(providers), loadConfig({}), bus, pipeline, reports);
}

export function startRegistryOn(bus: Bus, ...providers: ToolProvider[]): StartedRegistry {
  const registry = newRegistry(bus, new Metrics(), providers);
  const unsubscribe = subscribeMethods(bus, registry);
  registry.onModuleInit();
  const catalogue = (principal: Principal): Promise<Catalogue> => registry.list(contextOf(principal));
  return {
    registry,
    catalogue,
    names: async (principal) => (await catalogue(principal)).tools.map(({ publicName }) => publicName),
    stop: () => {
      unsubscribe();
      registry.onApplicationShutdown();
    },
  };
}

export function contextOf(principal: Principal): CallContext {
  const call = openCall({ principal, requestId: 'registry-spec', timeoutMs: 1_000 });
  call.close();
  return call.context;
}
