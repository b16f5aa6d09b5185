import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Global, Module, type DynamicModule, type OnApplicationShutdown, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { Bus, BusModule, LeaseSettings } from '@manifold/bus';
import { Config, ConfigModule, loadConfig } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { LauncherModule } from '@manifold/launcher';
import { PackagesModule } from '../../src/packages.module.js';
import { Keyring, SecretsModule } from '@manifold/secrets';
import { ServerExtensions, ServerHost, ServerPolicy, type PreparedProgram } from '@manifold/server-model';
import { Store, StoreModule } from '@manifold/store';
import { NpmSettings } from '../../src/npm/index.js';
import { RUN_TYPESCRIPT } from './npm-fixture.js';
import { ServerFixture, type StoredServers } from './server-fixture.js';

/** The systems that replicas share, and their settings. */
export interface Surroundings {
  /** The database is in it, and a folder for each replica. */
  readonly folder: string;
  readonly redisUrl: string;
  readonly npmRegistry: string;
  readonly servers: StoredServers;
  readonly installOnStart: string;
}

@Global()
@Module({})
class ServerFixtureModule {
  static of(servers: StoredServers): DynamicModule {
    const host = { provide: ServerHost, useFactory: () => new ServerFixture(servers) };
    return {
      module: ServerFixtureModule,
      providers: [ServerExtensions, ServerPolicy, host],
      exports: [ServerExtensions, ServerHost, ServerPolicy],
    };
  }
}

/** After how long a replica is taken for dead. */
const LEASE_MS = 4_000;

/** The packages of one of several replicas, with folders of its own. */
export class PackageReplica {
  private constructor(
    private readonly module: TestingModule,
    private readonly packagesDir: string,
  ) {}

  static async start({
    folder,
    redisUrl,
    npmRegistry,
    servers,
    installOnStart,
  }: Surroundings): Promise<PackageReplica> {
    const own = mkdtempSync(join(folder, 'replica-'));
    const packagesDir = join(own, 'packages');
    const config = loadConfig({
      NODE_ENV: 'production',
      SECRETS_KEY: 'k7Qw3-a-key-of-these-specs-only-9fZ2',
      DATA_DIR: folder,
      SERVER_SANDBOX: 'none',
      PACKAGES_DIR: packagesDir,
      NPM_CACHE_DIR: join(own, 'cache'),
      NPM_REGISTRY: npmRegistry,
      INSTALL_ON_START: installOnStart,
    });
    const shared = new Config({ ...config, redis: { url: redisUrl, prefix: 'packages:' } });
    const module = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot(shared),
        StoreModule,
        SecretsModule,
        BusModule,
        EgressModule,
        LauncherModule,
        ServerFixtureModule.of(servers),
        PackagesModule,
      ],
    })
      .overrideProvider(LeaseSettings)
      .useValue(Object.assign(new LeaseSettings(), { leaseMs: LEASE_MS }))
      .overrideProvider(NpmSettings)
      .useFactory({
        factory: (): NpmSettings => ({
          registry: npmRegistry,
          cacheDir: join(own, 'cache'),
          timeoutMs: 500_000,
          nodeOptions: RUN_TYPESCRIPT,
        }),
      })
      .compile();
    await module.init();
    return new PackageReplica(module, packagesDir);
  }

  get<T>(type: Type<T> | (abstract new () => T)): T {
    return this.module.get<T>(type as Type<T>, { strict: false });
  }

  /** As the registry of servers does before it starts one. */
  prepare(name: string, signal = new AbortController().signal): Promise<PreparedProgram> {
    const { transport } = this.get(ServerHost).find('default', name)!;
    if (transport.transportType !== 'stdio') throw new Error(`${name} has no program`);
    return this.get(ServerExtensions).programs!.prepare('default', name, transport, signal);
  }

  /** Says that its port is open. */
  listens(): void {
    this.get(HttpAdapterHost).listening = true;
  }

  /** The installs of npm packages that lie on its machine. */
  folders(): string[] {
    try {
      return readdirSync(join(this.packagesDir, 'npm'));
    } catch {
      return [];
    }
  }

  owns(path: string): boolean {
    return path.startsWith(this.packagesDir);
  }

  stop(): Promise<void> {
    return this.module.close();
  }

  /** As a crash ends it: its connections are gone, it reads no keys any more, and nothing is tidied up. */
  async vanish(): Promise<void> {
    for (const part of [this.get(Keyring), this.get(Bus), this.get(Store)])
      await (part as Partial<OnApplicationShutdown>).onApplicationShutdown?.();
  }
}
