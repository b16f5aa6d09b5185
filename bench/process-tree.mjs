import { readdirSync, readFileSync } from 'node:fs';

/** `getconf CLK_TCK` on every Linux that Node runs on: /proc counts processor time in ticks of 10 ms. */
const MS_PER_TICK = 10;

/** Parent and processor time (user and system, milliseconds) of one process, or undefined when it has ended. */
function readStat(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // Fields from the third on (proc(5)); the second is the command in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK };
}

/** A process and all its descendants. */
function treeOf(root) {
  const processes = new Map();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) && readStat(name);
    if (stat) processes.set(Number(name), stat);
  }
  const tree = [];
  for (let generation = [root]; generation.length > 0;) {
    for (const pid of generation) if (processes.has(pid)) tree.push(processes.get(pid));
    generation = [...processes].filter(([, { parent }]) => generation.includes(parent)).map(([pid]) => pid);
  }
  return tree;
}

/** Processor time of a process and all its descendants so far, in milliseconds. */
export const treeCpuMs = (root) => treeOf(root).reduce((sum, { cpuMs }) => sum + cpuMs, 0);

/** How many processes there are, with the root. */
export const treeSize = (root) => treeOf(root).length;
