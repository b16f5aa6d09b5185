/*
 * Starts `sh -c <script>` under a launcher, and runs until it is killed: `long-gateway.ts <mode> <data folder> <user ids> <script>`. Prints a line when the
 * program runs.
 */
import { loadConfig } from '@manifold/config';
import { Launcher } from '@manifold/launcher';
import { launchOf } from '@manifold/launcher/testing';

const [mode, dataDir, ids, script] = process.argv.slice(2) as [string, string, string, string];
const launcher = new Launcher(loadConfig({ SERVER_SANDBOX: mode, DATA_DIR: dataDir, SERVER_UID_RANGE: ids }));
await launcher.onModuleInit();
await launcher.start(launchOf({ command: 'sh', args: ['-c', script] }));
process.stdout.write('started\n');
setInterval(() => undefined, 1000);
