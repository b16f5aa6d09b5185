import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Arborist from '@npmcli/arborist';
import pacote from 'pacote';
import semver from 'semver';
import { InstallError } from '../install-error.js';
import type { InstallOrder, ProgressReport } from './install-messages.js';
import { followNpm } from './npm-events.js';
import { registryAccess } from './registry-access.js';

export interface Installed {
  readonly version: string;
  /** Of the package's tarball, as the registry gave it and npm has checked it: `sha512-...`. */
  readonly integrity: string;
}

/** Options of npm that its types do not know: whether dependencies may come from elsewhere than the registry. */
interface Restrictions {
  readonly allowGit: 'none';
  readonly allowRemote: 'none';
  readonly allowFile: 'none';
  readonly allowDirectory: 'none';
  readonly audit: false;
  /** What scripts print is passed on while they run. */
  readonly foregroundScripts: true;
}

const RESTRICTIONS: Restrictions = {
  allowGit: 'none',
  allowRemote: 'none',
  allowFile: 'none',
  allowDirectory: 'none',
  audit: false,
  foregroundScripts: true,
};

/** A registry that has a bad moment is asked again twice: after half a second, and after one and a half. */
const PATIENCE = {
  timeout: 30_000,
  fetchRetries: 2,
  fetchRetryFactor: 3,
  fetchRetryMintimeout: 500,
  fetchRetryMaxtimeout: 1500,
};

/**
 * Puts the package and its dependencies into the folder's `node_modules`, in these steps: 1. asks the registry for the package, past
 * the cache; 2. finds versions of all dependencies; 3. checks what was found; 4. downloads and unpacks; 5. runs install scripts, where
 * they are allowed.
 * @throws InstallError, or whatever npm throws
 */
export async function installPackage(
  order: InstallOrder,
  report: (report: ProgressReport) => void,
): Promise<Installed> {
  const { name, version, folder, allowScripts } = order;
  const progress = followNpm(report);
  const options = {
    ...RESTRICTIONS,
    ...PATIENCE,
    path: folder,
    ...npmAccess(order.registry),
    cache: join(order.cacheDir, '_cacache'),
    packumentCache: new Map(),
    ignoreScripts: !allowScripts,
    packageLock: false,
  };
  progress.step(2, 'Asking the registry');
  // npm itself would trust a cached answer for some minutes, and miss a version that was published meanwhile.
  const manifest = await pacote.manifest(`${name}@${version}`, { ...options, fullMetadata: true, preferOnline: true });

  progress.step(10, 'Finding the dependencies');
  await mkdir(folder, { recursive: true });
  const arborist = new Arborist(options);
  const tree = await arborist.buildIdealTree({ add: [`${name}@${manifest.version}`] });
  const installed = checked(tree.children.get(name), order);

  progress.unpacking(packagesOf(tree).length);
  // Nothing is saved: a package.json or a lock file in the folder would have no reader.
  await arborist.reify({ save: false });
  return installed;
}

/** npm has a setting for the credentials of each registry: they are sent to no other. */
function npmAccess(registry: string): Record<string, string> {
  const { url, basic } = registryAccess(registry);
  const address = url.slice(url.indexOf('//'));
  return { registry: url, ...(basic !== undefined && { [`${address}/:_auth`]: basic }) };
}

/** Without the folder itself, and without what only other platforms need. */
const packagesOf = (tree: Arborist.Node): Arborist.Node[] =>
  [...tree.inventory.values()].filter((node) => !node.isRoot && !('inert' in node && node.inert));

function checked(node: Arborist.Node | undefined, { name, expectIntegrity }: InstallOrder): Installed {
  if (!node?.integrity) throw new InstallError('integrity_mismatch', `The registry gives no integrity of ${name}`);
  const { version, integrity } = node;
  if (expectIntegrity !== undefined && integrity !== expectIntegrity) {
    throw new InstallError(
      'integrity_mismatch',
      `${name} ${version} is not what it was: the registry has another integrity now`,
    );
  }
  const needed = semver.validRange(node.package.engines?.node);
  if (needed !== null && !semver.satisfies(process.version, needed, { includePrerelease: true })) {
    throw new InstallError(
      'unsupported_engine',
      `${name} ${version} needs Node ${needed}, and this is ${process.version}`,
    );
  }
  return { version, integrity };
}
