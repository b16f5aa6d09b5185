import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '@manifold/config';
import type { IdRange } from '../folders/user-ids.js';
import { closedFolderAbove } from './closed-folder.js';

/** How programs are kept apart from the gateway and from each other. */
export type IsolationMode = 'bubblewrap' | 'uid' | 'none';

export interface Isolation {
  readonly mode: IsolationMode;
  /** Path of bubblewrap, in its mode. */
  readonly bubblewrap?: string;
  /** User ids for owners, where the gateway may give them. */
  readonly ids?: IdRange;
  /** Why the stronger modes cannot be had, one sentence for each. */
  readonly reasons: readonly string[];
}

/** Error: the operator wants a mode that this machine does not allow. */
export class IsolationUnavailableError extends Error {
  constructor(mode: IsolationMode, reasons: readonly string[]) {
    super(`SERVER_SANDBOX: ${mode} is not possible here: ${reasons.join(' ')}`);
    this.name = 'IsolationUnavailableError';
  }
}

/** Where distributions and builds install it. */
export const BUBBLEWRAP_PLACES = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap'];
/** Options with which bubblewrap does nothing but what a sandbox needs. */
export const BUBBLEWRAP_PROBE = [
  ...['--unshare-user', '--unshare-pid', '--unshare-net', '--die-with-parent', '--cap-drop', 'ALL'],
  ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--', process.execPath, '--version'],
];
const PROBE_MS = 20_000;
const run = promisify(execFile);

/**
 * Finds out how programs can be kept apart here: by SERVER_SANDBOX, or by the strongest mode that is possible. Where SERVER_UID is set, user
 * ids are taken if both can be had.
 * @throws IsolationUnavailableError
 */
export async function findIsolation({ hosting, dataDir }: Config): Promise<Isolation> {
  const { sandbox: wanted, userIds: range, prefersUserIds } = hosting;
  if (wanted === 'none') return { mode: 'none', reasons: ['SERVER_SANDBOX is none.'] };
  const ids = process.getuid?.() === 0 ? range : undefined;
  const reasons: string[] = [];
  const closed = ids && closedFolderAbove(resolve(dataDir));
  if (closed !== undefined) {
    reasons.push(
      `Other users cannot pass ${closed} to DATA_DIR, where servers have their folders; open it to them (chmod o+x), or set DATA_DIR to another place.`,
    );
    if (wanted === 'auto') return { mode: 'none', reasons };
    throw new IsolationUnavailableError(wanted, reasons);
  }
  const unreachable = ids && (await findUnreachable(ids));
  if (unreachable !== undefined) {
    reasons.push(unreachable);
    // An operator who names a mode may have all programs where other users can read them.
    if (wanted === 'auto') return { mode: 'none', reasons };
  }
  if (wanted === 'auto' && prefersUserIds && ids) return { mode: 'uid', ids, reasons: ['SERVER_UID is set.'] };
  if (wanted !== 'uid') {
    const found = await findBubblewrap(ids);
    if ('path' in found) return { mode: 'bubblewrap', bubblewrap: found.path, ids, reasons };
    reasons.push(found.reason);
    if (wanted === 'bubblewrap') throw new IsolationUnavailableError(wanted, reasons);
  }
  if (ids) return { mode: 'uid', ids, reasons };
  reasons.push('The gateway does not run as root, so it cannot start servers as other users.');
  if (wanted === 'uid') throw new IsolationUnavailableError(wanted, reasons);
  return { mode: 'none', reasons };
}

/**
 * Tries whether another user can run this Node.js and read the packages of the gateway, which the sample server needs. A checkout in the home
 * of root is closed to others.
 * @returns what is wrong, and what to do
 */
async function findUnreachable({ first }: IdRange): Promise<string | undefined> {
  const folder = process.cwd();
  const program = `require('node:fs').accessSync(${JSON.stringify(folder)}, 5)`;
  try {
    await run(process.execPath, ['-e', program], { uid: first, gid: first, cwd: '/', env: {}, timeout: PROBE_MS });
    return undefined;
  } catch {
    return `Other users cannot run ${process.execPath} or read ${folder}; move them out of the home of root, or open the folders above them to others.`;
  }
}

/** Looks for bubblewrap and tries it as the user that would run it: container platforms often forbid user namespaces. */
async function findBubblewrap(ids: IdRange | undefined): Promise<{ path: string } | { reason: string }> {
  const path = BUBBLEWRAP_PLACES.find((place) => existsSync(place));
  if (path === undefined) return { reason: 'bubblewrap (bwrap) is not installed.' };
  const user = ids && { uid: ids.first, gid: ids.first };
  try {
    await run(path, BUBBLEWRAP_PROBE, { ...user, cwd: '/', env: {}, timeout: PROBE_MS });
    return { path };
  } catch (error) {
    const { stderr, code } = error as { stderr?: string; code?: string | number };
    const said = stderr?.trim().split('\n')[0];
    return { reason: `bubblewrap cannot start a program (${said === undefined || said === '' ? code : said}).` };
  }
}
