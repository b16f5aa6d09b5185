import type { Launch } from './package-runtime.js';

/** Where a version lies, and how its server is started. */
export interface Place {
  readonly path: string;
  /** Not set where the files are damaged. */
  readonly launch?: Launch;
}

/**
 * The command of a server for another version of its package. What the operator has added after the program stays; a command that an
 * operator has written anew keeps its form, with the new folder in the place of the old one.
 */
export function relaunched(running: Launch, before: Place, after: Required<Place>): Launch {
  if (before.launch && startsWith(running, before.launch)) {
    const added = running.args.slice(before.launch.args.length);
    return { command: after.launch.command, args: [...after.launch.args, ...added] };
  }
  const moved = (text: string): string => text.replaceAll(before.path, after.path);
  return { command: moved(running.command), args: running.args.map(moved) };
}

const startsWith = (running: Launch, launch: Launch): boolean =>
  running.command === launch.command && launch.args.every((arg, index) => running.args[index] === arg);
