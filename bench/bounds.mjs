import { median } from './statistics.mjs';

/**
 * The bounds of speed and memory that the project set itself, each as a measured value and its limit. A comparison of
 * two loads compares them within each round, and takes the median of the rounds: a shared machine is not equally fast in all of them.
 */
export function checkBounds({ rows, bytesPerSession, start }) {
  const inRound = (round) => (id, inFlight) =>
    rows.find((candidate) => candidate.id === id && candidate.inFlight === inFlight).runs[round];
  const perRound = (compare) => median(rows[0].runs.map((_, round) => compare(inRound(round))));
  const cpu = (id, inFlight) => ({
    what: `CPU of a ${id} tools/call ÷ (direct client + node:http echo), ${inFlight} in flight`,
    value: perRound(
      (run) => run(id, inFlight).cpuPerCall / (run('direct', inFlight).cpuPerCall + run('http', inFlight).cpuPerCall),
    ),
    most: 4,
  });
  const bounds = [
    cpu('legacy', 32),
    cpu('modern', 32),
    cpu('legacy', 1),
    cpu('modern', 1),
    {
      what: "calls/s ÷ server-everything's own endpoint, 32 in flight",
      value: perRound((run) => run('legacy', 32).callsPerSecond / run('everything', 32).callsPerSecond),
      least: 2.5,
    },
    {
      what: 'added at p50, one in flight',
      value: perRound((run) => run('legacy', 1).p50 - run('direct', 1).p50),
      most: 0.6,
      unit: 'ms',
    },
    {
      what: 'CPU of a cached tools/list of 100 tools ÷ a tools/call, 32 in flight',
      value: perRound((run) => run('list', 32).cpuPerCall / run('legacy', 32).cpuPerCall),
      most: 1,
    },
    { what: 'heap per idle session', value: bytesPerSession / 1024, most: 20, unit: 'KB' },
    { what: `listening with ${start.servers} registered servers`, value: start.listeningMs / 1000, most: 3, unit: 's' },
    { what: 'their whole catalogue listed', value: start.listedMs / 1000, most: 3, unit: 's' },
    { what: 'most servers in their start at once', value: start.startsAtOnce, most: 4 },
  ];
  return checked(bounds);
}

/** Each bound with whether it is met. */
export const checked = (bounds) =>
  bounds.map((bound) => ({
    ...bound,
    met: bound.value <= (bound.most ?? Infinity) && bound.value >= (bound.least ?? -Infinity),
  }));
