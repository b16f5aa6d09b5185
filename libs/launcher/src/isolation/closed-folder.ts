import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The permission to pass a folder, for users that are neither its owner nor of its group. */
const PASSABLE = 0o001;

/** Returns the outermost folder above the path that other users cannot pass; undefined if they reach the path. */
export function closedFolderAbove(path: string): string | undefined {
  const parent = dirname(path);
  if (parent === path) return undefined;
  const isClosed = existsSync(parent) && (statSync(parent).mode & PASSABLE) === 0;
  return closedFolderAbove(parent) ?? (isClosed ? parent : undefined);
}
