import { Module } from '@nestjs/common';
import { Config, PackagesConfig } from '@manifold/config';
import { EgressProxy } from '@manifold/egress';
import { LeasesModule } from '@manifold/bus';
import { Launcher } from '@manifold/launcher';
import { TenantsModule } from '@manifold/tenants';
import { AllowedPackages } from './installs/allowed-packages.js';
import { CatalogModule } from './catalog/index.js';
import { JobsController } from './jobs/jobs.controller.js';
import { Jobs } from './jobs/jobs.service.js';
import { LocalPackages } from './installs/local-packages.service.js';
import { LongWork } from './rest/long-work.js';
import { OneTimeInstalls } from './installs/one-time-installs.service.js';
import { PackageDeletions } from './installs/package-deletions.service.js';
import { PackageDocuments } from './rest/package-documents.service.js';
import { PackageFolders } from './model/package-folders.js';
import { PackageImpact } from './rest/package-impact.service.js';
import { PackageInstalls } from './installs/package-installs.service.js';
import { PackageQueries } from './rest/package-queries.service.js';
import { PackageRecords } from './model/package-records.service.js';
import { PackageRecovery } from './installs/package-recovery.service.js';
import { PackageRollouts } from './installs/package-rollouts.service.js';
import { PackageRuntimes } from './installs/package-runtimes.js';
import { PackageUpdates } from './installs/package-updates.service.js';
import { PackageUpgrades } from './installs/package-upgrades.service.js';
import { PackageViews } from './rest/package-view.js';
import { PackageWork } from './installs/package-work.js';
import { PackagedServers } from './rest/packaged-servers.service.js';
import { PackagesController } from './rest/packages.controller.js';
import { PackagesService } from './rest/packages.service.js';
import { NpmInstaller, NpmSettings, NpmVersions } from './npm/index.js';
import { PythonInstaller, PythonSettings } from './python/index.js';
import { NodeRuntime } from './runtimes/node-runtime.js';
import { PythonRuntime } from './runtimes/python-runtime.js';
import { ServerSwaps } from './installs/server-swaps.service.js';
import { StartPackages } from './installs/start-packages.service.js';
import { UnfinishedWork } from './installs/unfinished-work.service.js';
import { UpgradeAll } from './rest/upgrade-all.service.js';
import { UpgradeRecords } from './installs/upgrade-records.service.js';

/** Heap limit of an install's child process, in MB. Most packages need a tenth of it. */
const INSTALL_HEAP_MB = 1024;

const npmSettings = (config: PackagesConfig): NpmSettings => ({
  registry: config.npmRegistry,
  token: config.npmToken,
  npmrc: config.npmrc,
  cacheDir: config.npmCacheDir,
  timeoutMs: config.installTimeoutMs,
  nodeOptions: [`--max-old-space-size=${INSTALL_HEAP_MB}`],
});

const pythonSettings = (config: PackagesConfig): PythonSettings => ({
  bin: config.pythonBin,
  indexUrl: config.pipIndexUrl,
  extraIndexUrl: config.pipExtraIndexUrl,
  cacheDir: config.pipCacheDir,
  timeoutMs: config.installTimeoutMs,
});

/**
 * Needs the global modules that provide Config, Store, Bus, Keyring, Launcher and ServerHost. JobsController comes first, because otherwise
 * `/packages/:name` would match its routes.
 */
@Module({
  imports: [CatalogModule, LeasesModule, TenantsModule],
  controllers: [JobsController, PackagesController],
  providers: [
    { provide: PackagesConfig, useFactory: ({ packages }: Config) => packages, inject: [Config] },
    { provide: NpmSettings, useFactory: npmSettings, inject: [PackagesConfig] },
    { provide: PythonSettings, useFactory: pythonSettings, inject: [PackagesConfig] },
    {
      provide: PythonInstaller,
      useFactory: (settings: PythonSettings, launcher: Launcher, proxy: EgressProxy) =>
        new PythonInstaller(settings, launcher, proxy),
      inject: [PythonSettings, Launcher, EgressProxy],
    },
    AllowedPackages,
    Jobs,
    LocalPackages,
    LongWork,
    NodeRuntime,
    NpmInstaller,
    NpmVersions,
    OneTimeInstalls,
    PackageDeletions,
    PackageDocuments,
    PackageFolders,
    PackageImpact,
    PackageInstalls,
    PackageQueries,
    PackageRecords,
    PackageRecovery,
    PackageRollouts,
    PackageRuntimes,
    PackageUpdates,
    PackageUpgrades,
    PackageViews,
    PackageWork,
    PackagedServers,
    PackagesService,
    PythonRuntime,
    ServerSwaps,
    StartPackages,
    UnfinishedWork,
    UpgradeAll,
    UpgradeRecords,
  ],
})
export class PackagesModule {}
