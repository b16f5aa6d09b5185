/** The bounds of speed and memory that the project set itself, each as a measured value and its limit. */
export function checkBounds({ rows, bytesPerSession, start }) {
  const row = (id, inFlight) => rows.find((candidate) => candidate.id === id && candidate.inFlight === inFlight);
  const floor = (inFlight) => row('direct', inFlight).cpuPerCall + row('http', inFlight).cpuPerCall;
  const cpu = (id, inFlight) => ({
    what: `CPU of a ${id} tools/call ÷ (direct client + node:http echo), ${inFlight} in flight`,
    value: row(id, inFlight).cpuPerCall / floor(inFlight),
    most: 4,
  });
  const bounds = [
    cpu('legacy', 32),
    cpu('modern', 32),
    cpu('legacy', 1),
    cpu('modern', 1),
    {
      what: "calls/s ÷ server-everything's own endpoint, 32 in flight",
      value: row('legacy', 32).callsPerSecond / row('everything', 32).callsPerSecond,
      least: 2.5,
    },
    { what: 'added at p50, one in flight', value: row('legacy', 1).p50 - row('direct', 1).p50, most: 0.6, unit: 'ms' },
    {
      what: 'CPU of a cached tools/list of 100 tools ÷ a tools/call, 32 in flight',
      value: row('list', 32).cpuPerCall / row('legacy', 32).cpuPerCall,
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
    met: bound.value <= (bound.most ?? Infinity) && bound.value >= (bound.least ?? 0),
  }));
