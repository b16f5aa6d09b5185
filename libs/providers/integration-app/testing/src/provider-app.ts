import 'reflect-metadata';
import { Test, type TestingModule } from '@nestjs/testing';
import type { Principal } from '@manifold/auth';
import { ConfigModule, loadConfig } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { IntegrationAppModule } from '../../src/integration-app.module.js';
import { IntegrationAppProvider } from '../../src/integration-app.provider.js';
import { openCall, type CallContext, type ToolDescriptor, type ToolResult } from '@manifold/tool-provider';
import { IntegrationAppSimulator, Workspace } from '../../../../../test/simulators/integration-app/index.js';

export interface ProviderAppOptions {
  readonly workspace?: Workspace;
  readonly pageSize?: number;
  /** Instead of those by which the gateway knows the workspace. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The provider as the gateway builds it, in production, in front of a simulated Integration.app. */
export class ProviderApp {
  private constructor(
    readonly simulator: IntegrationAppSimulator,
    readonly workspace: Workspace,
    private readonly module: TestingModule,
  ) {}

  static async start(options: ProviderAppOptions = {}): Promise<ProviderApp> {
    const { workspace = Workspace.withSecret(), pageSize, settings = workspace.settings } = options;
    const simulator = await IntegrationAppSimulator.start({ workspace, pageSize });
    const module = await providerModule({ ...settings, ...simulator.settings });
    return new ProviderApp(simulator, workspace, module);
  }

  get provider(): IntegrationAppProvider {
    return this.module.get(IntegrationAppProvider);
  }

  async list(principal: Principal): Promise<readonly ToolDescriptor[]> {
    return within(principal, (context) => this.provider.listTools(context));
  }

  async names(principal: Principal): Promise<string[]> {
    return (await this.list(principal)).map(({ publicName }) => publicName);
  }

  /** Lists first, as the registry does. */
  async call(principal: Principal, publicName: string, args: Record<string, unknown> = {}): Promise<ToolResult> {
    const tool = (await this.list(principal)).find((descriptor) => descriptor.publicName === publicName);
    if (!tool) throw new Error(`No tool ${publicName}`);
    return within(principal, (context) => this.provider.callTool(tool.ref, args, context));
  }

  async stop(): Promise<void> {
    await this.module.close();
    await this.simulator.stop();
  }
}

/** The provider alone. */
export async function providerModule(settings: Readonly<Record<string, string>>): Promise<TestingModule> {
  const config = loadConfig({ NODE_ENV: 'production', SECRETS_KEY: 'qW7rT2yU9iO4pA6sD1fG8hJ3kL5zX0cV', ...settings });
  const imports = [ConfigModule.forRoot(config), EgressModule, IntegrationAppModule];
  const module = await Test.createTestingModule({ imports }).compile();
  return module.init();
}

async function within<T>(principal: Principal, work: (context: CallContext) => Promise<T>): Promise<T> {
  const call = openCall({ principal, requestId: 'provider-spec', timeoutMs: 500_000 });
  try {
    return await work(call.context);
  } finally {
    call.close();
  }
}
