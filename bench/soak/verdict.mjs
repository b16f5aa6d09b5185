import { median } from '../statistics.mjs';
import { slopeOf } from './samples.mjs';

/** The part of the time in which compilers and caches fill up. */
const WARM_UP = 1 / 5;
/** MB in ten minutes (SECURITY figure of the soak). A run that is too short to tell may add that much in all. */
const MOST_HEAP = 1;
/** Memory that the allocator keeps comes in steps, MB. */
const MOST_RSS = 30;
/** Handles and descriptors by which samples may differ, because a connection more or less was open. */
const SLACK = 3;

/**
 * @param before sample of the warm gateway at rest, before the churn
 * @param during samples under load, in order
 * @param after sample at rest again, when sessions have expired
 * @param faults answers that nobody may get, with how often they came
 * @returns each check, and whether it is met
 */
export function verdict({ before, during, after, faults }) {
  const steady = during.slice(Math.floor(during.length * WARM_UP));
  const minutes = steady.at(-1).minute - steady[0].minute;
  const heapSlope = slopeOf(steady, 'heap');
  const quarter = Math.ceil(steady.length / 4);
  const rssOf = (samples) => median(samples.map(({ rss }) => rss));
  const rss = rssOf(steady.slice(-quarter)) - rssOf(steady.slice(0, quarter));
  const most = (what, value, limit, unit) => ({ what, value, limit, unit, met: value <= limit });
  return [
    most('heap, slope in 10 minutes', Math.min(heapSlope * 10, heapSlope * Math.max(minutes, 1)), MOST_HEAP, 'MB'),
    most('resident memory, last quarter less first', rss, MOST_RSS, 'MB'),
    most('descriptors left', after.descriptors - before.descriptors, SLACK, ''),
    most('active handles left', after.handles - before.handles, SLACK, ''),
    most('processes left', after.processes - before.processes, 0, ''),
    most('heap left at rest', after.heap - before.heap, 20, 'MB'),
    most(
      'wrong answers',
      [...faults.values()].reduce((sum, count) => sum + count, 0),
      0,
      '',
    ),
  ];
}
