import { Latencies } from './statistics.mjs';

/**
 * The part of a load process that talks to its parent: it warms up, measures and sums up, each when it is told to, so that
 * the parent reads processor times while the load stands still.
 *
 * @param {(job: object) => Promise<(untilMs: number, latencies: Latencies) => Promise<void>>} prepare opens connections and
 * answers a function that keeps `job.inFlight` calls going until the given `performance.now()`, and ends with the last answer
 */
export function serveMeasurement(prepare) {
  process.on('disconnect', () => process.exit(0));
  run(prepare).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}

async function run(prepare) {
  const job = await nextMessage();
  const keepBusy = await prepare(job);
  await keepBusy(performance.now() + job.warmUpMs, new Latencies());
  await ready('warm');
  const latencies = new Latencies();
  const start = performance.now();
  await keepBusy(start + job.measureMs, latencies);
  const seconds = (performance.now() - start) / 1000;
  await ready('measured');
  process.send(latencies.summary(seconds));
}

const nextMessage = () => new Promise((resolve) => process.once('message', resolve));

async function ready(state) {
  const told = nextMessage();
  process.send(state);
  await told;
}
