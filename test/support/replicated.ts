import { eventually } from './eventually.js';
import { parseExposition, valueOf } from './exposition.js';
import { REPLICAS, type GatewayProcess } from './gateway-process.js';

/** A stdio server that keeps something in its memory: in front of several replicas it is registered so that it runs once. */
export const keepsState = <Server extends object>(server: Server): Server & { replicas?: 'one' } =>
  REPLICAS > 1 ? { ...server, replicas: 'one' } : server;

/** A test that looks into one process: at its children, its files, its own sessions with upstreams, or what it alone has counted. */
export const itOnOne = REPLICAS > 1 ? it.skip : it;

/** What the gateway has done when it answers. Of several replicas, the others start and end what runs there a moment later. */
export async function isDone(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  if (REPLICAS > 1) await eventually(what, ask);
  else if (!(await ask())) throw new Error(`It is not so: ${what}`);
}

/** A metric of a gateway in development: of several replicas, all together. */
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
