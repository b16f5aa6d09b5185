import type { Launch } from '../model/package-runtime.js';

/** Path of an installed version and its start command. */
export interface InstallLocation {
  readonly path: string;
  /** Not set if the files are damaged. */
  readonly launch?: Launch;
}

/**
 * Returns the command of a server for another version of its package. Arguments that the operator has appended stay. If the operator has
 * replaced the whole command, only the old path in it is replaced by the new path.
 */
export function relaunched(running: Launch, before: InstallLocation, after: Required<InstallLocation>): Launch {
  if (before.launch && startsWith(running, before.launch)) {
    const added = running.args.slice(before.launch.args.length);
    return { command: after.launch.command, args: [...after.launch.args, ...added] };
  }
  const moved = (text: string): string => text.replaceAll(before.path, after.path);
  return { command: moved(running.command), args: running.args.map(moved) };
}

/** Returns whether a command is this start command, with any arguments after its own. */
export const startsWith = (running: Launch, launch: Launch): boolean =>
  running.command === launch.command && launch.args.every((arg, index) => running.args[index] === arg);
