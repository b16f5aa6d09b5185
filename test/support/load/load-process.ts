import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A process that loads a gateway and answers messages. */
export class LoadProcess {
  private readonly child: ChildProcess;
  private readonly gone: Promise<never>;

  /** @param program of this folder */
  constructor(program: 'herd.mjs' | 'open-loop.mjs') {
    this.child = fork(join(import.meta.dirname, program));
    this.gone = once(this.child, 'exit').then(([code]) => Promise.reject(new Error(`The load ended with ${code}`)));
    this.gone.catch(() => undefined);
  }

  async ask<Answer>(message: object): Promise<Answer> {
    const answer = once(this.child, 'message') as Promise<[Answer]>;
    this.child.send(message);
    const [value] = await Promise.race([answer, this.gone]);
    return value;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
