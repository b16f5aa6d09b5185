const groups = new Set<number>();

/** Kills all groups when the gateway exits, so that no server outlives it. If the gateway itself is killed, the watchdog does it. */
function killAll(): void {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
}

/** Makes the process group of this leader end with the gateway. */
export function guardGroup(pid: number): void {
  if (groups.size === 0) process.once('exit', killAll);
  groups.add(pid);
}

/** Kills the remaining processes of a leader that has just exited. */
export function endGroup(pid: number): void {
  if (!groups.delete(pid)) return;
  if (groups.size === 0) process.removeListener('exit', killAll);
  signalGroup(pid, 'SIGKILL');
}

export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  signalProcess(-pid, signal);
}

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended meanwhile, and of a group no process is left
  }
}
