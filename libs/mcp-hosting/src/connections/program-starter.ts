import { Injectable } from '@nestjs/common';
import { Config } from '@manifold/config';
import { EgressProxy } from '@manifold/egress';
import { Launcher, type Launch, type Owner } from '@manifold/launcher';
import type { StdioProcess } from '@manifold/mcp-client';
import type { ServerLimits } from '@manifold/server-model';
import type { StdioSettings } from '../model/transport-settings.js';

/** A program and its owner. */
export interface ServerLaunch {
  readonly owner: Owner;
  readonly program: StdioSettings;
  /** Folder with the files of the program. Undefined: it belongs to no package. */
  readonly folder?: string;
  readonly dataFiles?: Launch['dataFiles'];
  readonly limits?: ServerLimits;
}

/** Domains that a server behind the proxy may reach unless its settings name others: the web. */
const THE_WEB = ['*'];
/** A sandboxed server has a loopback of its own. */
const OWN_LOOPBACK = 'localhost,127.0.0.1,::1';

/** Starts the programs of servers, with the network that their settings name. */
@Injectable()
export class ProgramStarter {
  constructor(
    private readonly config: Config,
    private readonly launcher: Launcher,
    private readonly proxy: EgressProxy,
  ) {}

  /** Returns why a server may not run here, with the setting to change. Undefined: it may. */
  refusal(tenant: string, network?: 'none' | 'proxy'): string | undefined {
    return this.launcher.refusal(tenant, network);
  }

  /** @throws LaunchError; UserIdsUsedUpError */
  async start(launch: ServerLaunch): Promise<StdioProcess> {
    const { network, allowedDomains = THE_WEB } = launch.program;
    if (network !== 'proxy') return this.launcher.start(this.launchOf(launch, network));
    const { tenant, server } = launch.owner;
    const client = { tenant, name: `server ${server}`, allowedDomains, noProxy: OWN_LOOPBACK };
    const access = await this.proxy.open(client);
    try {
      const started = await this.launcher.start(this.launchOf(launch, access));
      void started.exited.then(() => access.close());
      return started;
    } catch (error) {
      access.close();
      throw error;
    }
  }

  private launchOf({ owner, program, folder, dataFiles, limits }: ServerLaunch, network: Launch['network']): Launch {
    const { command, args, env, cwd } = program;
    return {
      ...{ owner, command, args, env, cwd, dataFiles, network },
      readable: folder === undefined ? [] : [folder],
      limits: { ...this.config.hosting.limits, ...limits },
    };
  }
}
