import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { certificateEnvironment, Config, inheritedEnvironment } from '@manifold/config';
import { EgressProxy, operatorsNoProxy, operatorsProxyVariables, type ProxyClient } from '@manifold/egress';
import { LaunchError, Launcher, type Launch, type Owner } from '@manifold/launcher';
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
/** Loopback is reached without a proxy: that of its sandbox, or that of the machine. */
const LOOPBACK = 'localhost,127.0.0.1,::1';

/** Starts the programs of servers, with the network that their settings name. */
@Injectable()
export class ProgramStarter {
  constructor(
    private readonly config: Config,
    private readonly launcher: Launcher,
    private readonly proxy: EgressProxy,
  ) {}

  /** Maximum size of a message of a program. */
  get maxMessageBytes(): number {
    return this.config.bodies.answerBytes;
  }

  /** Returns why a server may not run here, with the setting to change. Undefined: it may. */
  refusal(tenant: string, network?: 'none' | 'proxy'): string | undefined {
    return this.launcher.refusal(tenant, network);
  }

  /** @throws LaunchError; UserIdsUsedUpError */
  async start(launch: ServerLaunch): Promise<StdioProcess> {
    return this.launch(launch).catch((error: unknown) => {
      throw withSetting(error, launch);
    });
  }

  private async launch(launch: ServerLaunch): Promise<StdioProcess> {
    const { network } = launch.program;
    const isOpen = network !== 'proxy' && network !== 'none';
    const variables = isOpen ? pastLoopback(operatorsProxyVariables()) : {};
    if (network !== 'proxy' && variables) return this.launcher.start(this.launchOf(launch, network, variables));
    const access = await this.proxy.open(clientOf(launch));
    try {
      const started = await this.launcher.start(
        isOpen ? this.launchOf(launch, network, access.environment()) : this.launchOf(launch, access),
      );
      void started.exited.then(() => access.close());
      return started;
    } catch (error) {
      access.close();
      throw error;
    }
  }

  /** @param variables that lead to a proxy */
  private launchOf(
    { owner, program, folder, dataFiles, limits }: ServerLaunch,
    network: Launch['network'],
    variables: Readonly<Record<string, string>> = {},
  ): Launch {
    const { command, args, cwd } = program;
    const env = { ...certificateEnvironment(), ...variables, ...program.env, ...pathOf(folder, program.env) };
    return {
      ...{ owner, command, args, env, cwd, dataFiles, network },
      readable: folder === undefined ? [] : [folder],
      limits: { ...this.config.hosting.limits, ...limits },
    };
  }
}

/**
 * Returns the error of a server whose Python is closed to its user with the setting that mends it. The Python of a package's environment is a
 * link to the one that made it.
 */
function withSetting(error: unknown, { folder, program }: ServerLaunch): unknown {
  const isPackaged = folder !== undefined && program.command === join(folder, 'bin', 'python');
  if (!isPackaged || !(error instanceof LaunchError)) return error;
  if ((error.cause as NodeJS.ErrnoException | undefined)?.code !== 'EACCES') return error;
  const hint = 'Set PYTHON_BIN to a Python that all users can run, and install the package again';
  return new LaunchError(`${error.message}. ${hint}`, { cause: error.cause });
}

/**
 * Returns PATH with the programs of an npm package's dependencies, where npm and npx have them, too. They come first: the package was made for
 * these versions.
 * @param folder the package's own folder
 */
function pathOf(
  folder: string | undefined,
  { PATH = inheritedEnvironment().PATH }: StdioSettings['env'],
): Record<string, string> {
  const programs = folder === undefined ? undefined : join(folder, 'node_modules', '.bin');
  if (programs === undefined || !existsSync(programs)) return {};
  return { PATH: PATH ? `${programs}${delimiter}${PATH}` : programs };
}

/** Adds to the variables of the operator's proxy, if there are some, that loopback is reached without it. */
function pastLoopback(variables: Record<string, string> | undefined): Record<string, string> | undefined {
  if (!variables || Object.keys(variables).length === 0) return variables;
  const exceptions = [LOOPBACK, operatorsNoProxy()].filter((list) => list !== '').join(',');
  return { ...variables, NO_PROXY: exceptions, no_proxy: exceptions };
}

/**
 * Returns the server as a client of the gateway's proxy. With the network `open` it goes there because the operator's proxy wants credentials,
 * which servers do not get; it may ask for every host with a permitted address.
 */
function clientOf({ owner, program }: ServerLaunch): ProxyClient {
  const { network, allowedDomains = THE_WEB } = program;
  const client = { tenant: owner.tenant, name: `server ${owner.server}` };
  if (network === 'proxy') return { ...client, allowedDomains, noProxy: LOOPBACK };
  return { ...client, noProxy: [LOOPBACK, operatorsNoProxy()].filter((list) => list !== '').join(',') };
}
