import type { EgressProxy, ProxyAccess, ProxyClient } from '@manifold/egress';
import { InstallError, type InstallFault } from './install-error.js';

/** Errors whose reason is known: they do not come from a place that the install could not reach. */
const OWN_REASON: readonly InstallFault[] = ['cancelled', 'timeout', 'not_started', 'no_space'];

/**
 * Runs the programs of an install, which reach package registries through the proxy of the gateway while this runs. They reach public addresses,
 * those that EGRESS_ALLOW names, and the registries that the operator has configured.
 * @throws the errors of the task. One of an install says what the proxy has refused
 */
export async function withProxy<T>(
  proxy: EgressProxy,
  client: ProxyClient,
  task: (network: ProxyAccess) => Promise<T>,
): Promise<T> {
  const access = await proxy.open(client);
  try {
    return await task(access);
  } catch (error) {
    throw explained(error, access.refusals);
  } finally {
    access.close();
  }
}

function explained(error: unknown, refusals: readonly string[]): unknown {
  if (!(error instanceof InstallError) || refusals.length === 0 || OWN_REASON.includes(error.code)) return error;
  return new InstallError(error.code, [error.message, ...refusals].join('. '), { cause: error });
}
