import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ShellRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script in one shell, which stops at the first command that fails. */
export async function runShell(script: string, cwd: string, env: Readonly<Record<string, string>>): Promise<ShellRun> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/**
 * Returns the commands that a script would pass to a program, without running the program: one list of arguments for each command.
 * @throws when another command of the script fails
 */
export async function commandsOf(script: string, program: string): Promise<string[][]> {
  const stand = `${program}() { printf '%s\\0' "$@"; printf '\\n\\0'; }`;
  const { code, stdout, stderr } = await runShell(`${stand}\n${script}`, '.', { PATH: process.env.PATH! });
  if (code !== 0) throw new Error(`the commands cannot be read: ${stderr.trim()}`);
  const commands: string[][] = [[]];
  for (const word of stdout.split('\0').slice(0, -1)) {
    if (word === '\n') commands.push([]);
    else commands.at(-1)!.push(word);
  }
  return commands.slice(0, -1);
}
