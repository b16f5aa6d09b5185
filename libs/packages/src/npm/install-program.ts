/*
 * A program of its own: the gateway runs it in a child process, so that the work of npm is not felt by those who call tools. Orders and
 * reports go through the channel between parent and child: an argument could be read by everybody on the machine.
 */
import { faultOf, type Fault } from './install-fault.js';
import type { InstallOrder, ProgressReport } from './install-messages.js';
import { installPackage, type Installed } from './install-package.js';

/** What the program says: how far it is, and at the end how it went. */
export type InstallReport =
  ProgressReport | ({ readonly kind: 'installed' } & Installed) | ({ readonly kind: 'failed' } & Fault);

const send = (report: InstallReport, sent: () => void = () => undefined): void => void process.send?.(report, sent);

async function execute(order: InstallOrder): Promise<InstallReport> {
  try {
    return { kind: 'installed', ...(await installPackage(order, send)) };
  } catch (error) {
    return { kind: 'failed', ...faultOf(error) };
  }
}

// The gateway is gone, and with it whoever could end the scripts that may be running: the whole process group ends.
process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
process.once('message', (order: InstallOrder) => {
  if (!process.connected) return; // it went before it could be noticed
  // Connections that are kept open would keep the program running.
  void execute(order).then((report) => send(report, () => process.exit()));
});
