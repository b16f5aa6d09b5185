const groups = new Set<number>();

/** The last chance: nothing that was started outlives the gateway. Its own SIGKILL cannot be caught; then the end of stdin tells the servers. */
function killAll(): void {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
}

/** From now on the process group of this leader dies with the gateway. */
export function guardGroup(pid: number): void {
  if (groups.size === 0) process.once('exit', killAll);
  groups.add(pid);
}

/** Ends what a leader, who has just exited, may have left behind. */
export function endGroup(pid: number): void {
  if (!groups.delete(pid)) return;
  if (groups.size === 0) process.removeListener('exit', killAll);
  signalGroup(pid, 'SIGKILL');
}

export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // nobody of the group is left
  }
}
