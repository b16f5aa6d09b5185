import { isDeepStrictEqual } from 'node:util';
import type { PackagedServer, ServerSettings } from '@manifold/server-model';
import type { ServerRecord, StdioSettings } from '@manifold/mcp-hosting';

/** Returns the arguments that the operator added to the package's own. Undefined if the server does not run the package's command. */
export function ownArguments({ command, args }: StdioSettings, { launch }: PackagedServer): string[] | undefined {
  if (!launch || command !== launch.command) return undefined;
  const { length } = launch.args;
  return isDeepStrictEqual(args.slice(0, length), [...launch.args]) ? args.slice(length) : undefined;
}

/**
 * Adds the command and arguments of the package in front of the operator's own `args`. If the operator has replaced the command, it stays.
 */
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
