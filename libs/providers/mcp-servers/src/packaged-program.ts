import { isDeepStrictEqual } from 'node:util';
import type { PackagedServer, ServerSettings } from '@manifold/server-hosting';
import type { ServerRecord, StdioSettings } from './server-record.js';

/** What the operator added to the program of a package. Undefined where the server runs another command than the package's own. */
export function ownArguments({ command, args }: StdioSettings, { launch }: PackagedServer): string[] | undefined {
  if (!launch || command !== launch.command) return undefined;
  const { length } = launch.args;
  return isDeepStrictEqual(args.slice(0, length), [...launch.args]) ? args.slice(length) : undefined;
}

/** Settings whose `args` are the operator's own, with the program of the package before them. A command of the operator's own stays. */
export function withProgram(
  settings: ServerSettings,
  { transport }: ServerRecord,
  packaged: PackagedServer,
): ServerSettings {
  if (transport.transportType !== 'stdio') return settings;
  const isOwnCommand = settings.args === undefined && ownArguments(transport, packaged) === undefined;
  if (isOwnCommand || !packaged.launch) return { ...settings, command: transport.command, args: transport.args };
  const { command, args } = packaged.launch;
  return { ...settings, command, args: [...args, ...(settings.args ?? [])] };
}
