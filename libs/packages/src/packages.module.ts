import { Module } from '@nestjs/common';
import { Config, PackagesConfig } from '@manifold/config';
import { LeasesModule } from '@manifold/leases';
import { TenantsModule } from '@manifold/tenants';
import { AllowedPackages } from './allowed-packages.js';
import { CatalogModule } from './catalog/index.js';
import { JobsController } from './jobs/jobs.controller.js';
import { Jobs } from './jobs/jobs.service.js';
import { RemoteJobs } from './jobs/remote-jobs.service.js';
import { LocalPackages } from './local-packages.service.js';
import { LongWork } from './long-work.js';
import { PackageDeletions } from './package-deletions.service.js';
import { PackageDocuments } from './package-documents.service.js';
import { PackageFolders } from './package-folders.js';
import { PackageInstalls } from './package-installs.service.js';
import { PackageRecords } from './package-records.service.js';
import { PackageRecovery } from './package-recovery.service.js';
import { PackageRuntimes } from './package-runtimes.js';
import { PackageUpdates } from './package-updates.service.js';
import { PackageUpgrades } from './package-upgrades.service.js';
import { PackageViews } from './package-view.js';
import { PackageWork } from './package-work.js';
import { PackagesController } from './packages.controller.js';
import { PackagesService } from './packages.service.js';
import { NpmInstaller, NpmSettings, NpmVersions } from './npm/index.js';
import { PythonInstaller, PythonSettings } from './python/index.js';
import { NodeRuntime } from './runtimes/node-runtime.js';
import { PythonRuntime } from './runtimes/python-runtime.js';
import { StartPackages } from './start-packages.service.js';

/** Of an install's own process; MB. Most packages take a tenth of it. */
const INSTALL_HEAP_MB = 1024;

const npmSettings = (config: PackagesConfig): NpmSettings => ({
  registry: config.npmRegistry,
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

/** Needs the global modules that provide Config, Store, Bus, Keyring and ServerHost. The routes of jobs come first: `/packages/:name` would take theirs. */
@Module({
  imports: [CatalogModule, LeasesModule, TenantsModule],
  controllers: [JobsController, PackagesController],
  providers: [
    { provide: PackagesConfig, useFactory: ({ packages }: Config) => packages, inject: [Config] },
    { provide: NpmSettings, useFactory: npmSettings, inject: [PackagesConfig] },
    { provide: PythonSettings, useFactory: pythonSettings, inject: [PackagesConfig] },
    {
      provide: PythonInstaller,
      useFactory: (settings: PythonSettings) => new PythonInstaller(settings),
      inject: [PythonSettings],
    },
    AllowedPackages,
    Jobs,
    LocalPackages,
    LongWork,
    RemoteJobs,
    NodeRuntime,
    NpmInstaller,
    NpmVersions,
    PackageDeletions,
    PackageDocuments,
    PackageFolders,
    PackageInstalls,
    PackageRecords,
    PackageRecovery,
    PackageRuntimes,
    PackageUpdates,
    PackageUpgrades,
    PackageViews,
    PackageWork,
    PackagesService,
    PythonRuntime,
    StartPackages,
  ],
})
export class PackagesModule {}
