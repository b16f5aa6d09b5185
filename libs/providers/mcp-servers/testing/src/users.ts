import { join } from 'node:path';
import type { ProviderError } from '@manifold/tool-provider';
import { lives, registration, TestGateway, textOf } from './gateway.js';

/** Further tools of the fixture server. */
export const TOOLS = '--also=variable,reveal,await';

/** A server that is run for each user, with the user's TOKEN in its environment. */
export const registrationOf = (name: string, ...flags: string[]) => ({
  ...registration(name, TOOLS, ...flags),
  isolation: 'user',
  secretsAs: 'environment',
  secretNames: ['TOKEN'],
});

/** Answers questions about the users' servers of one gateway. */
export class Users {
  private constructor(readonly gateway: TestGateway) {}

  static async start(environment: Record<string, string> = {}): Promise<Users> {
    return new Users(await TestGateway.start({ environment }));
  }

  /** @returns the server as its operator sees it */
  async register(name: string, ...flags: string[]) {
    return this.put('POST', '/mcp/servers', registrationOf(name, this.ledgerOf(name), ...flags));
  }

  async put(method: string, path: string, body?: object) {
    const answer = await this.gateway.rest(method, path, body);
    expect(answer.status).toBe(200);
    return answer.body.server;
  }

  ledgerOf = (name: string): string => `--ledger=${join(this.gateway.dataDir, name)}`;

  view = async (name: string) => (await this.gateway.rest('GET', `/mcp/servers/${name}`)).body.server;

  setToken = (user: string, serverName: string, secretValue: string, secretName = 'TOKEN') =>
    this.gateway.rest('POST', '/secrets/set', { serverName, secretName, secretValue }, user);

  call = async (user: string, tool: string, args: Record<string, unknown> = {}): Promise<string> =>
    textOf(await this.gateway.call(tool, args, { user }));

  failure = (user: string, tool: string, args: Record<string, unknown> = {}): Promise<ProviderError> =>
    this.call(user, tool, args).then(
      () => {
        throw new Error('It did not fail');
      },
      (error: ProviderError) => error,
    );

  pidOf = async (user: string, server: string): Promise<number> => Number(await this.call(user, `${server}_pid`));

  tokenOf = (user: string, server: string): Promise<string> => this.call(user, `${server}_variable`, { name: 'TOKEN' });

  starts = (name: string): number[] =>
    this.gateway
      .ledger(name)
      .filter((line) => line.startsWith('start '))
      .map((line) => Number(line.split(' ')[1]));

  alive = (name: string): number => this.starts(name).filter(lives).length;
}
