import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { markOfRun, thisRun } from './launches.js';

/**
 * Reads lines from descriptor 3: `+ <group>`, `- <group>` and `.` (nothing is left to do). When the lines end without a `.`, the gateway was
 * killed: it kills these process groups, and whatever has the mark of the run in its environment. It lives in a session of its own and
 * below process 1, so that nothing that ends the gateway ends it. Nothing in the text comes from outside; the mark is an argument.
 */
const SCRIPT = `
trap '' HUP INT TERM PIPE
watch() {
  groups=
  while read -r what group; do
    case $what in
      +) groups="$groups $group" ;;
      -)
        rest=
        for one in $groups; do [ "$one" = "$group" ] || rest="$rest $one"; done
        groups=$rest
        ;;
      .) exit 0 ;;
    esac
  done
  for group in $groups; do kill -s KILL -- "-$group"; done
  for round in 1 2 3 4 5; do
    found=$(grep -lzs "^$1" /proc/[0-9]*/environ)
    [ -n "$found" ] || exit 0
    for file in $found; do
      file=\${file#/proc/}
      kill -s KILL "\${file%/environ}"
    done
    sleep 0.1
  done
}
watch "$1" <&3 &
`;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * A small process that ends all programs if the gateway is killed by SIGKILL. It exists as long as programs run. Without a shell there is
 * none; what is left is then ended at the next start.
 */
class Watchdog {
  private readonly groups = new Set<number>();
  private lines?: Writable;

  add(group: number): void {
    this.groups.add(group);
    if (this.lines) this.lines.write(`+ ${group}\n`);
    else this.start();
  }

  remove(group: number): void {
    if (!this.groups.delete(group)) return;
    if (this.groups.size > 0) this.lines?.write(`- ${group}\n`);
    else {
      this.lines?.end('.\n');
      this.lines = undefined;
    }
  }

  private start(): void {
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe'] as const;
    const shell = spawn('/bin/sh', ['-c', SCRIPT, 'manifold-watchdog', markOfRun(thisRun)], {
      stdio: [...stdio],
      env: { PATH },
      cwd: '/',
      detached: true,
    });
    shell.on('error', () => undefined);
    shell.unref();
    const lines = shell.stdio[3] as Writable & { unref(): void };
    lines.unref();
    const forget = (): void => {
      if (this.lines === lines) this.lines = undefined; // the next program starts another one
    };
    lines.on('error', forget).on('close', forget);
    this.lines = lines;
    for (const group of this.groups) lines.write(`+ ${group}\n`);
  }
}

export const watchdog = new Watchdog();
