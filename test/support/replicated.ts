import { eventually } from './eventually.js';
import { REPLICAS } from './gateway-process.js';

/** A stdio server that keeps something in its memory: in front of several replicas it is registered so that it runs once. */
export const keepsState = <Server extends object>(server: Server): Server & { replicas?: 'one' } =>
  REPLICAS > 1 ? { ...server, replicas: 'one' } : server;

/** What the gateway has done when it answers. Of several replicas, the others start and end what runs there a moment later. */
export async function isDone(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  if (REPLICAS > 1) await eventually(what, ask);
  else if (!(await ask())) throw new Error(`It is not so: ${what}`);
}
