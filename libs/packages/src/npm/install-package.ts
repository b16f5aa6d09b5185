import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import Arborist from '@npmcli/arborist';
import pacote from 'pacote';
import semver from 'semver';
import { InstallError } from '../model/install-error.js';
import type { InstallOrder, ProgressReport } from './install-messages.js';
import { followNpm } from './npm-events.js';

export interface Installed {
  readonly version: string;
  /** Integrity of the package's tarball from the registry, verified by npm: `sha512-...`. */
  readonly integrity: string;
  /** Why the publisher no longer recommends the version. */
  readonly deprecated?: string;
}

/** Method of Arborist that its types lack: runs install scripts and links programs. */
interface Rebuilds {
  rebuild(what: { readonly nodes: readonly Arborist.Node[] }): Promise<void>;
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

const optionsOf = ({ folder, registries, cacheDir, stage }: InstallOrder) => ({
  ...RESTRICTIONS,
  ...PATIENCE,
  path: folder,
  ...registries,
  cache: join(cacheDir, '_cacache'),
  packumentCache: new Map(),
  ignoreScripts: stage === 'fetch',
  packageLock: false,
});

/**
 * Installs the package and its dependencies into the folder's `node_modules`: 1. asks the registry for the package, without the cache;
 * 2. resolves the versions of all dependencies; 3. checks integrity and the required Node version; 4. downloads and unpacks.
 * @throws InstallError, or any error of npm
 */
export async function installPackage(
  order: InstallOrder,
  report: (report: ProgressReport) => void,
): Promise<Installed> {
  const { name, version } = order;
  const progress = followNpm(report);
  const options = optionsOf(order);
  progress.step(2, 'Asking the registry');
  // By default, npm uses a cached answer for some minutes and would miss a version that was published meanwhile.
  const manifest = await pacote.manifest(`${name}@${version}`, { ...options, fullMetadata: true, preferOnline: true });

  progress.step(10, 'Finding the dependencies');
  const arborist = new Arborist(options);
  const tree = await arborist.buildIdealTree({ add: [`${name}@${manifest.version}`] });
  const installed = {
    ...checked(tree.children.get(name), order),
    ...deprecation(manifest as { readonly deprecated?: unknown }),
  };

  progress.unpacking(packagesOf(tree).length);
  // `save: false`: the folder needs no package.json and no lock file.
  await arborist.reify({ save: false });
  if (order.cacheDir === order.folder) await rm(options.cache, { recursive: true, force: true });
  return installed;
}

/** Returns the notice of the publisher. The registry has `false` or an empty text for versions that are no longer deprecated. */
function deprecation({ deprecated }: { readonly deprecated?: unknown }): Pick<Installed, 'deprecated'> {
  return typeof deprecated === 'string' && deprecated.trim() !== '' ? { deprecated } : {};
}

/** Runs the install scripts of all packages in the folder. An optional package whose script fails is removed, as npm does. @throws any error of npm */
export async function runScripts(order: InstallOrder, report: (report: ProgressReport) => void): Promise<void> {
  followNpm(report);
  const arborist = new Arborist(optionsOf(order)) as Arborist & Rebuilds;
  const { inventory } = await arborist.loadActual();
  const nodes = [...inventory.values()].filter((node) => !node.isRoot);
  await arborist.rebuild({ nodes: nodes.filter((node) => !node.optional) });
  for (const node of nodes.filter(({ optional }) => optional)) {
    try {
      await arborist.rebuild({ nodes: [node] });
    } catch (error) {
      report({ kind: 'log', line: `npm warn optional ${node.name} is left out: ${(error as Error).message}` });
      await rm(node.path, { recursive: true, force: true });
    }
  }
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
