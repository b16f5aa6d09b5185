import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.js';
import type { GatewayProcess } from '../gateway-process.js';

/** The settable wall clock of a running gateway with all its replicas. */
export class SettableClock {
  private readonly file = join(tmpdir(), `manifold-clock-${process.pid}`);

  /** The environment with which the gateway must be started. */
  readonly env = {
    NODE_OPTIONS: `--import=${join(import.meta.dirname, 'settable-clock.mjs')}`,
    MANIFOLD_TEST_CLOCK: this.file,
  };

  /** Sets the clock. Resolves when the gateway uses it. @param ahead milliseconds ahead of the real time */
  async set(gateway: GatewayProcess, ahead: number): Promise<void> {
    for (const { pid } of gateway.replicas) {
      writeFileSync(this.file, String(ahead));
      process.kill(pid, 'SIGUSR2');
      await eventually('the clock is set', () => !existsSync(this.file));
    }
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }
}
