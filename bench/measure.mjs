import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { treeCpuMs } from './process-tree.mjs';

const program = (name) => join(import.meta.dirname, name);

/**
 * Runs one load process and reads the processor time of what it loads.
 *
 * @param {string} name the load process: load-generator.mjs or stdio-client.mjs
 * @param {object} job
 * @param {number} [serverPid] whose tree is measured; the load process's own tree unless given
 * @returns {Promise<{ calls: number, callsPerSecond: number, p50: number, p99: number, cpuPerCall: number }>} times in milliseconds
 */
export async function measure(name, job, serverPid) {
  const load = fork(program(name));
  const failed = once(load, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  failed.catch(() => undefined); // it ends without a fault when it is disconnected below
  const tell = async (message) => {
    const answer = once(load, 'message');
    load.send(message);
    const [value] = await Promise.race([answer, failed]);
    return value;
  };

  const pid = serverPid ?? load.pid;
  await tell(job);
  const before = treeCpuMs(pid);
  await tell('measure');
  const cpuMs = treeCpuMs(pid) - before;
  const summary = await tell('sum up');
  load.disconnect();
  return { ...summary, cpuPerCall: cpuMs / summary.calls };
}
