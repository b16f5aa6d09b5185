/*
 * Program that the gateway runs in a child process, so that npm does not slow down tool calls. The order and the reports go through file
 * descriptor 3, one JSON text per line: all users of the machine could read command-line arguments, and install scripts write to stdout.
 */
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { faultOf, type Fault } from './install-fault.js';
import type { InstallOrder, ProgressReport } from './install-messages.js';
import { installPackage, runScripts, type Installed } from './install-package.js';

/** Message of the program: its progress and, at the end, the outcome. */
export type InstallReport =
  | ProgressReport
  | ({ readonly kind: 'installed' } & Installed)
  | { readonly kind: 'built' }
  | ({ readonly kind: 'failed' } & Fault);

const channel = new Socket({ fd: 3 });
const line = (report: InstallReport): string => `${JSON.stringify(report)}\n`;

async function execute(order: InstallOrder): Promise<InstallReport> {
  try {
    const report = (said: ProgressReport): void => void channel.write(line(said));
    if (order.stage === 'fetch') return { kind: 'installed', ...(await installPackage(order, report)) };
    await runScripts(order, report);
    return { kind: 'built' };
  } catch (error) {
    return { kind: 'failed', ...faultOf(error) };
  }
}

// The gateway has ended and can no longer stop running scripts, so the program kills its whole process group.
const endWithTheGateway = (): void => void process.kill(0, 'SIGKILL');
channel.once('end', endWithTheGateway).once('error', endWithTheGateway);
createInterface(channel).once('line', (order) => void begin(order));

async function begin(order: string): Promise<void> {
  // Two turns: a gateway that has ended just after it wrote the order is noticed before anything is done.
  await nextTurn();
  await nextTurn();
  const report = await execute(JSON.parse(order) as InstallOrder);
  channel.off('end', endWithTheGateway);
  // Explicit exit: open keep-alive connections would keep the program running.
  channel.end(line(report), () => process.exit());
}
