import { join } from 'node:path';
import Arborist from '@npmcli/arborist';
import pacote from 'pacote';
import semver from 'semver';
import { InstallError } from '../model/install-error.js';
import type { InstallOrder, ProgressReport } from './install-messages.js';
import { followNpm } from './npm-events.js';
import { registryAccess } from './registry-access.js';

export interface Installed {
  readonly version: string;
  /** Integrity of the package's tarball from the registry, verified by npm: `sha512-...`. */
  readonly integrity: string;
}

/** Options of npm that are missing in its types, mainly those that limit dependencies to the registry. */
interface Restrictions {
  readonly allowGit: 'none';
  readonly allowRemote: 'none';
  readonly allowFile: 'none';
  readonly allowDirectory: 'none';
  readonly audit: false;
  /** Passes on the output of scripts while they run. */
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

/** Timeout and retries of requests to the registry, in milliseconds: two retries, after 0.5 s and after 1.5 s. */
const PATIENCE = {
  timeout: 30_000,
  fetchRetries: 2,
  fetchRetryFactor: 3,
  fetchRetryMintimeout: 500,
  fetchRetryMaxtimeout: 1500,
};

/**
 * Installs the package and its dependencies into the folder's `node_modules`: 1. asks the registry for the package, without the cache;
 * 2. resolves the versions of all dependencies; 3. checks integrity and the required Node version; 4. downloads and unpacks; 5. runs
 * install scripts, if they are allowed.
 * @throws InstallError, or any error of npm
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
  // By default, npm uses a cached answer for some minutes and would miss a version that was published meanwhile.
  const manifest = await pacote.manifest(`${name}@${version}`, { ...options, fullMetadata: true, preferOnline: true });

  progress.step(10, 'Finding the dependencies');
  const arborist = new Arborist(options);
  const tree = await arborist.buildIdealTree({ add: [`${name}@${manifest.version}`] });
  const installed = checked(tree.children.get(name), order);

  progress.unpacking(packagesOf(tree).length);
  // `save: false`: the folder needs no package.json and no lock file.
  await arborist.reify({ save: false });
  return installed;
}

/** Returns npm's options for the registry. Credentials are set for this registry only, so npm sends them to no other host. */
function npmAccess(registry: string): Record<string, string> {
  const { url, basic } = registryAccess(registry);
  const address = url.slice(url.indexOf('//'));
  return { registry: url, ...(basic !== undefined && { [`${address}/:_auth`]: basic }) };
}

/** Returns the packages to install, without the root and without optional packages for other platforms. */
const packagesOf = (tree: Arborist.Node): Arborist.Node[] =>
  [...tree.inventory.values()].filter((node) => !node.isRoot && !('inert' in node && node.inert));

function checked(node: Arborist.Node | undefined, { name, expectIntegrity }: InstallOrder): Installed {
  if (!node?.integrity) throw new InstallError('integrity_mismatch', `The registry gives no integrity of ${name}`);
  const { version, integrity } = node;
  if (expectIntegrity !== undefined && integrity !== expectIntegrity) {
    throw new InstallError(
      'integrity_mismatch',
      `${name} ${version} has changed: the registry now gives another integrity`,
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
