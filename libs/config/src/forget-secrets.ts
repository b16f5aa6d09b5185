import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** Field of /proc/self/stat with the address of the environment (proc(5), `env_start`), counted after the name of the command. */
const ENV_START = 47;

/**
 * Removes variables from the environment of this process, and from the copy of it that the kernel shows in `/proc/<pid>/environ`. Processes of
 * the same user can read that copy. Without /proc there is none.
 */
export function forgetVariables(names: ReadonlySet<string>): void {
  wipeInitialEnvironment(names);
  for (const name of names) delete process.env[name];
}

function wipeInitialEnvironment(names: ReadonlySet<string>): void {
  let memory: number | undefined;
  try {
    const start = initialEnvironmentAddress();
    const entries = readFileSync('/proc/self/environ', 'latin1').split('\0');
    memory = openSync('/proc/self/mem', 'r+');
    let at = start;
    for (const entry of entries) {
      const nameLength = entry.indexOf('=');
      const length = entry.length - nameLength - 1;
      if (names.has(entry.slice(0, nameLength)))
        writeSync(memory, Buffer.alloc(length), 0, length, at + nameLength + 1);
      at += entry.length + 1;
    }
  } catch {
    // there is no /proc, or the kernel does not let a process write its own memory
  } finally {
    if (memory !== undefined) closeSync(memory);
  }
}

function initialEnvironmentAddress(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[ENV_START]);
}
