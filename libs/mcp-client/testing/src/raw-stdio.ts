import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { launchOf, TestLauncher } from '@manifold/launcher/testing';
import type { Launch } from '@manifold/launcher';
import { connectStdio, type StartProgram } from '../../src/connect-stdio.js';
import { LogRing } from '../../src/protocol/log-ring.js';
import { type UpstreamConnection } from '../../src/protocol/upstream-connection.js';

export const RAW_SERVER = resolve(import.meta.dirname, 'raw-server.mjs');

let started: Promise<TestLauncher> | undefined;

/** Returns the launcher of this process. Its folder is removed when the process ends. */
function testLauncher(): Promise<TestLauncher> {
  started ??= TestLauncher.start().then((launcher) => {
    process.once('exit', () => launcher.end());
    return launcher;
  });
  return started;
}

/** Returns a function that starts raw-server.mjs in one of its modes. */
export const rawServer =
  (mode = 'normal', launch: Partial<Launch> = {}): StartProgram =>
  async () => {
    const { launcher } = await testLauncher();
    return launcher.start(launchOf({ command: process.execPath, args: [RAW_SERVER, mode], ...launch }));
  };

/** A signal that does not abort. */
export const unaborted = (): AbortSignal => new AbortController().signal;

/** Connections to raw-server.mjs that are closed together. */
export class RawStdio {
  private readonly open: UpstreamConnection[] = [];

  async connect(mode?: string, log = new LogRing()): Promise<UpstreamConnection> {
    const connection = await connectStdio(rawServer(mode), { log, signal: unaborted() });
    this.open.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    await Promise.all(this.open.splice(0).map((connection) => connection.close()));
  }
}

export interface CallOptions {
  readonly args?: unknown;
  readonly signal?: AbortSignal;
}

/** Calls a tool and returns the text of its result. */
export async function call(
  connection: UpstreamConnection,
  name: string,
  { args, signal = unaborted() }: CallOptions = {},
): Promise<string> {
  const result = await connection.request('tools/call', { name, arguments: args }, { signal });
  return (result.content as { text: string }[])[0].text;
}

/** Whether there is such a process; a zombie counts as gone. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
