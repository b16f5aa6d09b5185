import { extname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { certificateEnvironment } from '@manifold/config';
import type { Launcher, Owner, RunEnd, WayOut } from '@manifold/launcher';
import { InstallError } from '../model/install-error.js';
import { INSTALL_LIMITS } from '../model/install-owner.js';
import type { InstallProgress } from '../model/install-progress.js';
import { InstallLog } from './install-log.js';
import type { InstallOrder } from './install-messages.js';
import type { Installed } from './install-package.js';
import { credentialsOf } from './registry-access.js';
import { ReportReader, type Outcome } from './report-reader.js';
import { safeLine } from './safe-line.js';

/** Path of the install program. It is beside this file and has the same extension (`.ts` or `.js`). */
const PROGRAM = join(import.meta.dirname, `install-program${extname(import.meta.filename)}`);

export interface InstallRun {
  readonly owner: Owner;
  readonly order: InstallOrder;
  /** Node options of the program. */
  readonly nodeOptions: readonly string[];
  /** The way to the registry. */
  readonly network: WayOut;
  readonly signal: AbortSignal;
  readonly progress: Pick<InstallProgress, 'onStep' | 'onLog'>;
}

/**
 * Runs the install program for its owner. The signal kills it with all that it has started. If the gateway ends, the program kills its own
 * process group. When the promise settles, no process of the group runs any more.
 * @returns what was installed; undefined after the stage of scripts
 * @throws InstallError; LaunchError; the reason of the signal
 */
export async function runInstall(
  launcher: Launcher,
  { owner, order, nodeOptions, network, signal, progress }: InstallRun,
): Promise<Installed | undefined> {
  const log = new InstallLog((line) => progress.onLog(hidden(line)));
  const secrets = credentialsOf(order.registries);
  const hidden = (text: string): string => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[hidden]'), text);
  const reports = new ReportReader(log, progress);
  const { folder, cacheDir } = order;
  const launch = {
    owner,
    command: process.execPath,
    args: [...nodeOptions, PROGRAM],
    env: certificateEnvironment(),
    network,
    cwd: folder,
    writable: [folder, cacheDir],
    limits: INSTALL_LIMITS,
  };
  const end = await launcher.run(launch, {
    signal,
    onOutput: (stream) => log.follow(stream),
    onChannel: (channel: Duplex) => {
      reports.follow(channel);
      channel.write(`${JSON.stringify(order)}\n`);
    },
  });
  const outcome = finished(reports.outcome, end, hidden);
  return outcome.kind === 'installed' ? outcome : undefined;
}

function finished(
  outcome: Outcome | undefined,
  { code, signal, excess }: RunEnd,
  hidden: (text: string) => string,
): Exclude<Outcome, { kind: 'failed' }> {
  if (outcome?.kind === 'failed') throw new InstallError(outcome.code, safeLine(hidden(outcome.message)));
  if (outcome) return outcome;
  if (excess !== undefined) throw new InstallError('install_failed', excess.replace('The server', 'The install'));
  if (signal === 'SIGXFSZ') throw new InstallError('no_space', 'A file is larger than this process may write');
  throw new InstallError('install_failed', `The install was ended by ${signal ?? `its exit with code ${code}`}`);
}
