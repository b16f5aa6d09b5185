import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  ApiKeyModule,
  ApiKeyService,
  AuthModule,
  LOCAL_ISSUER,
  principalKey,
  type Principal,
  type Role,
} from '@manifold/auth';
import { BusModule } from '@manifold/bus';
import { ConfigModule, loadConfig, type Config } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { Launcher, LauncherModule } from '@manifold/launcher';
import { McpServersModule } from '../../src/mcp-servers.module.js';
import { McpServersProvider } from '../../src/mcp-servers.provider.js';
import { DtoValidationPipe, ProblemFilter, readJsonBodies } from '@manifold/rest';
import { SecretsModule } from '@manifold/secrets';
import { StoreModule } from '@manifold/store';
import { openCall, type Progress, type ToolDescriptor, type ToolResult } from '@manifold/tool-provider';
import { eventually } from '../../../../../test/support/eventually.js';

/** Where the fixtures of this folder are, from the working directory of the tests. */
export const FIXTURES = resolve('libs/providers/mcp-servers/testing/src');

/** The body of a registration of the fixture server. */
export const registration = (name: string, ...flags: string[]): Record<string, unknown> => ({
  name,
  command: 'node',
  args: [join(FIXTURES, 'registered-server.mjs'), ...flags],
});

@Module({})
class TestGatewayModule {
  static with(config: Config): DynamicModule {
    const state = [ConfigModule.forRoot(config), StoreModule, SecretsModule, BusModule];
    const others = [EgressModule, LauncherModule, AuthModule, ApiKeyModule, McpServersModule];
    return { module: TestGatewayModule, imports: [...state, ...others] };
  }
}

export interface Answer {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into bodies of every shape
  readonly body: any;
}

export interface CallOptions {
  readonly user?: string;
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** A gateway with nothing but registered servers, on a real port and a real database. */
export class TestGateway {
  private static readonly started = new Set<TestGateway>();
  private readonly keys = new Map<string, string>();
  private readonly groups = new Map<string, string[]>();

  private constructor(
    readonly app: NestFastifyApplication,
    readonly dataDir: string,
    private readonly url: string,
  ) {}

  static async start(options: { dataDir?: string; environment?: Record<string, string> } = {}): Promise<TestGateway> {
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'manifold-registry-'));
    const config = loadConfig({
      NODE_ENV: 'production',
      SECRETS_KEY: 'k7Qw3-a-key-of-these-specs-only-9fZ2',
      EGRESS_ALLOW: '127.0.0.1',
      DATA_DIR: dataDir,
      SERVER_SANDBOX: 'none', // the fixture servers write to the data folder
      ...options.environment,
    });
    const app = await NestFactory.create<NestFastifyApplication>(
      TestGatewayModule.with(config),
      new FastifyAdapter({ forceCloseConnections: true }),
      {
        logger: false,
        bodyParser: false,
      },
    );
    // These specs test what tenants may do, not whether this machine can keep their programs apart.
    app.get(Launcher, { strict: false }).refusal = () => undefined;
    readJsonBodies(app.getHttpAdapter().getInstance(), config.bodies);
    app.useGlobalPipes(new DtoValidationPipe());
    app.useGlobalFilters(new ProblemFilter());
    await app.listen(0, '127.0.0.1');
    const gateway = new TestGateway(app, dataDir, await app.getUrl());
    TestGateway.started.add(gateway);
    return gateway;
  }

  get provider(): McpServersProvider {
    return this.app.get(McpServersProvider);
  }

  /** From its first request on, the caller of this name is in these groups. */
  join(user: string, ...groups: string[]): void {
    this.groups.set(user, groups);
  }

  /** As whom the key of this name authenticates. */
  principal(user: string): Principal {
    return { ...principalOf(user), groups: this.groups.get(user) };
  }

  /** A request with any body, and its answer as it comes. */
  async fetch(path: string, init: RequestInit = {}, user = 'operator', roles?: Role[]): Promise<Response> {
    const headers = new Headers(init.headers);
    const key = await this.keyOf(user, roles ?? (user === 'operator' ? ['operator'] : []));
    headers.set('authorization', `Bearer ${key}`);
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  /** A request of a caller with the given name; the name "operator" has that role. */
  async rest(method: string, path: string, body?: unknown, user = 'operator', roles?: Role[]): Promise<Answer> {
    const json = body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await this.fetch(path, { method, ...json }, user, roles);
    return { status: response.status, body: await response.json() };
  }

  async list(user = 'operator'): Promise<readonly ToolDescriptor[]> {
    const call = openCall({ principal: this.principal(user), requestId: 'registry-spec', timeoutMs: 500_000 });
    return this.provider.listTools(call.context).finally(() => call.close());
  }

  /** Calls a tool by its public name, as agents do. */
  async call(publicName: string, args: Record<string, unknown> = {}, options: CallOptions = {}): Promise<ToolResult> {
    const { user = 'operator', timeoutMs = 500_000, onProgress } = options;
    const tool = (await this.list(user)).find((descriptor) => descriptor.publicName === publicName);
    if (!tool) throw new Error(`${publicName} is not listed`);
    const call = openCall({ principal: this.principal(user), requestId: 'registry-spec', timeoutMs, onProgress });
    return this.provider.callTool(tool.ref, args, call.context).finally(() => call.close());
  }

  /** Returns the lines that the fixture server has written to its ledger so far, a file of this name in the data folder. */
  ledger(name: string): string[] {
    const file = join(this.dataDir, name);
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  }

  /** Stops the gateway; its data stays for another start. */
  async stop(): Promise<void> {
    if (TestGateway.started.delete(this)) await this.app.close();
  }

  async destroy(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Ends the gateways that failed tests left running. */
  static async destroyAll(): Promise<void> {
    await Promise.all([...TestGateway.started].map((gateway) => gateway.destroy()));
  }

  private async keyOf(user: string, roles: Role[]): Promise<string> {
    const known = this.keys.get(user);
    if (known) return known;
    const service = this.app.get(ApiKeyService);
    const existing = (await service.list('default')).find(({ value }) => value.name === user);
    if (existing) await service.revoke('default', existing.id);
    const groups = this.groups.get(user);
    const { key } = await service.create({ tenant: 'default', name: user, roles, groups, createdBy: 'spec' });
    this.keys.set(user, key);
    return key;
  }
}

/** As whom the key of this name authenticates, where it is in no groups. */
export const principalOf = (subject: string): Principal => ({
  key: principalKey('default', LOCAL_ISSUER, subject),
  tenant: 'default',
  issuer: LOCAL_ISSUER,
  subject,
  roles: ['user'],
  method: 'api-key',
});

/** The first text block of a result. */
export const textOf = (result: ToolResult): string => (result.content as { text: string }[])[0]!.text;

/** Waits until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await eventually(condition.toString(), condition);
}

/** Whether a process lives. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
