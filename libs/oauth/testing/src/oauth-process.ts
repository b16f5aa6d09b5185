import { inspect } from 'node:util';
import type { LoggerService, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { BusModule, LeaseSettings } from '@manifold/bus';
import { Config, ConfigModule } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { OAuthLimits } from '../../src/protocol/oauth-limits.js';
import { OAuthModule } from '../../src/oauth.module.js';
import { SecretsModule } from '@manifold/secrets';
import { WatchedStore } from '@manifold/secrets/testing';
import { Store, StoreModule } from '@manifold/store';
import { openStore, type OpenStore } from '@manifold/store/testing';

export interface OAuthProcessOptions {
  /** The folder of the data; several processes may share one. */
  readonly dataDir: string;
  /** The URL of the gateway. */
  readonly publicUrl?: string;
  readonly limits?: Partial<OAuthLimits>;
  /** After how long another process is taken for dead. */
  readonly leaseMs?: number;
}

/** A gateway, as far as this library goes: with a connection of its own to the database, and nothing shared in memory. */
export class OAuthProcess {
  private constructor(
    private readonly module: TestingModule,
    private readonly opened: OpenStore,
    /** Its database, watched. */
    readonly store: WatchedStore,
    /** Its log lines, including errors and their causes. */
    readonly logged: readonly string[],
  ) {}

  static async start({ dataDir, publicUrl, limits, leaseMs }: OAuthProcessOptions): Promise<OAuthProcess> {
    const opened = await openStore({ DATA_DIR: dataDir, MCP_SERVER_URL: publicUrl ?? 'http://127.0.0.1:3001' });
    const store = new WatchedStore(opened.store);
    const module = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot(new Config(opened.config)),
        StoreModule,
        SecretsModule,
        BusModule,
        EgressModule,
        OAuthModule,
      ],
    })
      .overrideProvider(Store)
      .useValue(store)
      .overrideProvider(OAuthLimits)
      .useValue(Object.assign(new OAuthLimits(), limits))
      .overrideProvider(LeaseSettings)
      .useValue(Object.assign(new LeaseSettings(), leaseMs !== undefined && { leaseMs }))
      .compile();
    const logged: string[] = [];
    module.useLogger(collector(logged));
    await module.init();
    store.operations.length = 0;
    return new OAuthProcess(module, opened, store, logged);
  }

  get<T>(type: Type<T> | (abstract new () => T)): T {
    return this.module.get<T>(type as Type<T>, { strict: false });
  }

  async stop(): Promise<void> {
    await this.module.close();
    await this.opened.close();
  }
}

function collector(lines: string[]): LoggerService {
  const log = (...message: unknown[]): void => void lines.push(inspect(message, { depth: 10 }));
  return { log, error: log, warn: log };
}
