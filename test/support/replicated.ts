import { eventually } from './eventually.js';
import { parseExposition, valueOf } from './exposition.js';
import { REPLICAS, type GatewayProcess } from './gateway-process.js';

/** Returns the registration of a stdio server that keeps state in memory. With several replicas it is registered to run once. */
export const keepsState = <Server extends object>(server: Server): Server & { replicas?: 'one' } =>
  REPLICAS > 1 ? { ...server, replicas: 'one' } : server;

/** A test that inspects one process: its children, its files, its upstream sessions, or its own counts. */
export const itOnOne = REPLICAS > 1 ? it.skip : it;

/** Checks the effect of an answered request. With one process it must be complete; other replicas apply it a moment later. */
export async function isDone(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  if (REPLICAS > 1) await eventually(what, ask);
  else if (!(await ask())) throw new Error(`It is not so: ${what}`);
}

/**
 * Repeats a query until each replica answers it with yes. A change at one replica reaches the others a moment later, and the next request
 * of a test goes to any of them.
 */
export async function onEvery(
  gateway: GatewayProcess,
  what: string,
  ask: () => boolean | Promise<boolean>,
): Promise<void> {
  if (gateway.replicas.length === 1) return void (await eventually(what, ask));
  for (const { port } of gateway.replicas) await gateway.shared.at(port, () => eventually(what, ask));
}

/** Returns a metric of a gateway in development, summed over all replicas. */
export async function metricOf(
  gateway: GatewayProcess,
  name: string,
  labels?: Record<string, string>,
): Promise<number> {
  const values = gateway.replicas.map(async ({ url }) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return valueOf(parseExposition(text), name, labels);
  });
  return (await Promise.all(values)).reduce((sum, value) => sum + value, 0);
}
