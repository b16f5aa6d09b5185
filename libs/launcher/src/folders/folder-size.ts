import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

const DU = ['/usr/bin/du', '/bin/du'];
const NICE = ['/usr/bin/nice', '/bin/nice'];
const NICENESS = '19';
const MEASURED_WITHIN_MS = 120_000;
/** Bytes of what `du` complains about, such as files that vanish. A program that renames its folders all the time causes that many. */
const MAX_COMPLAINTS = 4 * 1024 * 1024;
const KIB_PER_MIB = 1024;

/**
 * Returns what folders take on the disk, in MiB. Files with several names count once, holes in files not at all, and symbolic links are not
 * followed. `du` measures, so that even a huge or very deep tree costs the gateway nothing.
 * @returns `unreadable`: something in them cannot be read, so it is not known. Undefined: it cannot be measured now
 */
export function folderSize(folders: readonly string[]): Promise<number | 'unreadable' | undefined> {
  const [du, nice] = [firstOf(DU), firstOf(NICE)];
  if (du === undefined || nice === undefined) return Promise.resolve(undefined);
  const args = ['-n', NICENESS, du, '-skx', '--', ...folders];
  const options = {
    env: { LC_ALL: 'C' },
    cwd: '/',
    timeout: MEASURED_WITHIN_MS,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_COMPLAINTS,
  } as const;
  return new Promise((resolve) => {
    execFile(nice, args, options, (error, stdout, stderr) => {
      const sizes = [...stdout.matchAll(/^(\d+)\t/gm)].map(([, kib]) => Number(kib));
      const sum = sizes.reduce((all, one) => all + one, 0);
      if (!error) return resolve(sum / KIB_PER_MIB);
      if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return resolve('unreadable');
      // Files that vanish meanwhile are a complaint, too.
      if (/permission denied|too long/i.test(stderr)) return resolve('unreadable');
      resolve(sizes.length === folders.length ? sum / KIB_PER_MIB : undefined);
    }).unref();
  });
}

const firstOf = (places: readonly string[]): string | undefined => places.find((place) => existsSync(place));
