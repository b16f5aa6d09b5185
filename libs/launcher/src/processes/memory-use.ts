import { readProc } from './process-table.js';

/** Field position of the resident pages in `statm`, and of those among them that belong to files or are shared on purpose. */
const [RESIDENT, SHARED] = [1, 2];
let pageSize: number | undefined;

/**
 * Returns the resident memory of a process in bytes. Pages that it shares with other processes count fully. Undefined: the process does not
 * run any more.
 */
export function residentMemory(pid: number): number | undefined {
  const pages = pagesOf(pid)?.[RESIDENT];
  return pages === undefined || pages === 0 ? undefined : pages * (pageSize ??= measurePageSize());
}

/**
 * Returns the resident memory of a process in bytes, of which each page counts in proportion to the processes that share it. This takes a
 * hundred times as long as `residentMemory`. Where the system does not tell this process, pages of files do not count.
 */
export function proportionalMemory(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readProc(pid, 'smaps_rollup') ?? '')?.[1];
  if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  const pages = pagesOf(pid);
  return pages === undefined ? 0 : (pages[RESIDENT]! - pages[SHARED]!) * (pageSize ??= measurePageSize());
}

const pagesOf = (pid: number | 'self'): number[] | undefined =>
  readProc(pid, 'statm')
    ?.split(' ', SHARED + 1)
    .map(Number);

/** Derives the page size from this process's memory, because Node does not report it: `rss` is in bytes, and `statm` counts pages. */
function measurePageSize(): number {
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pagesOf('self')![RESIDENT]!));
}
