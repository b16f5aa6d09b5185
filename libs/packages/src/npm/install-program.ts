import type { InstallFault } from '../install-error.js';
import { faultOf } from './install-fault.js';
import { installPackage, type Installed } from './install-package.js';

/** What the program is told, in the first message that it gets. */
export interface InstallOrder {
  readonly name: string;
  /** An exact version, a range or a dist-tag. */
  readonly version: string;
  /** Absolute path; does not exist yet. */
  readonly folder: string;
  readonly registry: string;
  readonly cacheDir: string;
  /** Whether install scripts run: those of the package, and of all that it depends on. */
  readonly allowScripts: boolean;
  readonly expectIntegrity?: string;
}

/** What the program says: steps and log lines, and at the end how it went. */
export type InstallReport =
  | { readonly kind: 'step'; readonly percent: number; readonly step: string }
  | { readonly kind: 'log'; readonly line: string }
  | ({ readonly kind: 'installed' } & Installed)
  | { readonly kind: 'failed'; readonly code: InstallFault; readonly message: string };

/*
 * A program of its own: the gateway runs it in a child process, so that the work of npm is not felt by those who call tools. Orders and
 * reports go through the channel between parent and child: an argument could be read by everybody on the machine.
 */

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
