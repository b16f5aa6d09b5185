import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { IdRange } from '../folders/user-ids.js';
import { markOfRun, thisRun } from './launches.js';
import { shownRange, WATCHDOG } from './other-gateways.js';

/**
 * Reads lines from descriptor 3: `+ <group> <user id or 0>`, `- <group>` and `.` (nothing is left to do). When the lines end without a `.`, the
 * gateway was killed: it kills these process groups, all processes of these users, and whatever has the mark of the run in its environment.
 * Users whose ids another gateway gives, too, are left to the next start. It lives in a session of its own and below process 1, so that nothing
 * that ends the gateway ends it. Nothing in the text comes from outside; the mark and the ranges of user ids are an argument.
 */
const SCRIPT = `
trap '' HUP INT TERM PIPE
is_shared() {
  for file in $(grep -lzsx ${WATCHDOG} /proc/[0-9]*/cmdline); do
    [ -O "\${file%/cmdline}" ] || continue
    for word in $(grep -hzs '^MANIFOLD_LAUNCH=' "$file" | tr -d '\\0'); do
      [ "$word" != "$mark" ] || break
      case $word in *-*) [ "$1" -lt "\${word%-*}" ] || [ "$1" -gt "\${word#*-}" ] || return 0 ;; esac
    done
  done
  return 1
}
watch() {
  programs=
  while read -r what group user; do
    case $what in
      +) programs="$programs $group:$user" ;;
      -)
        rest=
        for one in $programs; do [ "\${one%:*}" = "$group" ] || rest="$rest $one"; done
        programs=$rest
        ;;
      .) exit 0 ;;
    esac
  done
  users=
  for one in $programs; do
    kill -s KILL -- "-\${one%:*}"
    user=\${one#*:}
    [ "$user" = 0 ] || is_shared "$user" || users="$users $user"
  done
  for round in 1 2 3 4 5; do
    found=$(grep -lzs "^$mark" /proc/[0-9]*/environ)
    for user in $users; do
      of_user=$(find /proc -mindepth 1 -maxdepth 1 -user "$user")
      [ -z "$of_user" ] || timeout -s KILL 1 setpriv --reuid "$user" --clear-groups sh -c 'kill -9 -1'
      found="$found $of_user"
    done
    set -- $found
    [ $# -gt 0 ] || exit 0
    for file; do
      file=\${file#/proc/}
      kill -s KILL "\${file%%/*}"
    done
    sleep 0.1
  done
}
mark=\${1%% *}
watch <&3 2>/dev/null &
`;
/** Where programs of the system are. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * A small process that ends all programs if the gateway is killed by SIGKILL. It exists as long as programs run. Without a shell there is
 * none; what is left is then ended at the next start.
 */
class Watchdog {
  /** The user id of each group, or 0. */
  private readonly groups = new Map<number, number>();
  private readonly ranges = new Set<string>();
  private lines?: Writable;

  /** Shows other gateways which user ids this one gives. */
  claim(range: IdRange): void {
    this.ranges.add(shownRange(range));
  }

  /** @param user the user id that belongs to the program. Undefined: it has none of its own, or leaves nothing under it */
  add(group: number, user = 0): void {
    this.groups.set(group, user);
    if (this.lines) this.lines.write(`+ ${group} ${user}\n`);
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
    const argument = [markOfRun(thisRun), ...this.ranges].join(' ');
    const options = { stdio: [...stdio], env: { PATH: SYSTEM_PATH }, cwd: '/', detached: true };
    let lines: (Writable & { unref(): void }) | undefined;
    try {
      const shell = spawn('/bin/sh', ['-c', SCRIPT, WATCHDOG, argument], options);
      shell.on('error', () => undefined);
      shell.unref();
      lines = shell.stdio?.[3] as typeof lines;
    } catch {
      // The system has no process or descriptor left. The next program tries again.
    }
    if (!lines) return;
    lines.unref();
    const forget = (): void => {
      if (this.lines === lines) this.lines = undefined; // the next program starts another one
    };
    lines.on('error', forget).on('close', forget);
    this.lines = lines;
    for (const [group, user] of this.groups) lines.write(`+ ${group} ${user}\n`);
  }
}

export const watchdog = new Watchdog();
