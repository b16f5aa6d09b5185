import { setTimeout as delay } from 'node:timers/promises';
import { groupWatch, type Group } from './group-watch.js';
import { signalGroup, signalProcess } from './process-group.js';

/** Milliseconds after which bubblewrap itself is killed, if the sandbox does not end. */
const SANDBOX_ENDS_MS = 10_000;

/**
 * Kills a program and all that is in its process group or sandbox. The first process of a sandbox takes the others with it, and bubblewrap
 * ends when none is left. If bubblewrap were killed, it would end before them.
 * @param exited resolves when the first process of the program has ended
 */
export async function killProgram(group: Group, exited: Promise<unknown>): Promise<void> {
  const first = await groupWatch.firstInSandbox(group);
  if (first === undefined) return signalGroup(group.leader, 'SIGKILL');
  signalProcess(first, 'SIGKILL');
  const timer = new AbortController();
  const late = delay(SANDBOX_ENDS_MS, true, { signal: timer.signal, ref: false }).catch(() => false);
  if (await Promise.race([exited.then(() => false), late])) signalGroup(group.leader, 'SIGKILL');
  timer.abort();
}
