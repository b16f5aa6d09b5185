import type { StdioProgram } from '@manifold/server-model';
import type { ServerRecord } from './server-record.js';

/** Returns the program that a server runs, for the rules for programs. Undefined for a remote server. */
export function programOf({ transport, secretsAs, secretNames = [] }: ServerRecord): StdioProgram | undefined {
  if (transport.transportType !== 'stdio') return undefined;
  const { command, args, env, network } = transport;
  const variables = [...Object.keys(env), ...(secretsAs === 'environment' ? secretNames : [])];
  return { command, args, variables, network };
}
