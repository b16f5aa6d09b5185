import { readdirSync, readFileSync } from 'node:fs';
import { treeSize } from '../process-tree.mjs';
import { median } from '../statistics.mjs';

const MB = 1024 * 1024;

/** Sockets, pipes, processes, watchers; timers and requests come and go. */
const HANDLES = "process.getActiveResourcesInfo().filter((name) => name.endsWith('Wrap')).length";

/** Measures what a process holds at this moment. Memory is in MB, the heap after a collection. */
export async function sampleOf(pid, inspector) {
  const heap = (await inspector.heapUsed()) / MB;
  const handles = await inspector.evaluate(HANDLES);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    minute: performance.now() / 60_000,
    heap,
    rss: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    handles,
    processes: treeSize(pid),
  };
}

/** The median of the slopes between all pairs: a sample that is off changes nothing. @returns what is added in a minute */
export function slopeOf(samples, field) {
  const slopes = samples.flatMap((later, index) =>
    samples.slice(0, index).map((sooner) => (later[field] - sooner[field]) / (later.minute - sooner.minute)),
  );
  return median(slopes);
}
