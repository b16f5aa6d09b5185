import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TokenAnswer, TokenRequest } from './token-child.js';

const CHILD = join(import.meta.dirname, 'token-child.ts');
const TYPESCRIPT = join(import.meta.dirname, '../../../../test/support/typescript.mjs');

/** A gateway's token service in another process. */
export class TokenProcess {
  private requests = 0;

  private constructor(private readonly child: ChildProcess) {
    child.setMaxListeners(0);
  }

  static async start(dataDir: string): Promise<TokenProcess> {
    const child = fork(CHILD, [dataDir], {
      execArgv: ['--import', TYPESCRIPT],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    return new TokenProcess(child);
  }

  /** Rejects with the code of the fault. */
  accessToken(subject: string, options: TokenRequest['options']): Promise<string> {
    const id = (this.requests += 1);
    return new Promise((resolve, reject) => {
      const onMessage = (answer: TokenAnswer): void => {
        if (answer.id !== id) return;
        this.child.off('message', onMessage);
        if (answer.token !== undefined) resolve(answer.token);
        else reject(new Error(answer.fault));
      };
      this.child.on('message', onMessage);
      this.child.send({ id, subject, options } satisfies TokenRequest);
    });
  }

  /** Without a chance to give anything back. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}
