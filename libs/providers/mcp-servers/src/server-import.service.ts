import { Injectable, Logger } from '@nestjs/common';
import { toProblem } from '@manifold/rest';
import { ServerExtensions, type ServerSettings } from '@manifold/server-hosting';
import { KeyedMutex } from '@manifold/turns';
import { importPlan, type ImportStep } from './import-plan.js';
import { withProgram } from './packaged-program.js';
import { ServerRegistry } from './server-registry.service.js';
import type { ImportResultDto, ServerDefinitionDto } from './servers-document.dto.js';

export interface ImportOptions {
  readonly dryRun: boolean;
  /** Servers that are not in the document go. */
  readonly prune: boolean;
}

/** Makes the servers of a tenant what a document says. Imports of one tenant run one after another. */
@Injectable()
export class ServerImport {
  private readonly logger = new Logger(ServerImport.name);
  private readonly turns = new KeyedMutex();

  constructor(
    private readonly registry: ServerRegistry,
    private readonly extensions: ServerExtensions,
  ) {}

  /**
   * One server that fails holds up no other. Servers are stored when this resolves; their start goes on.
   * @throws Problem 400 that names all faults of the document; nothing was changed then
   */
  run(
    tenant: string,
    servers: readonly ServerDefinitionDto[],
    { dryRun, prune }: ImportOptions,
  ): Promise<ImportResultDto[]> {
    return this.turns.run(tenant, async () => {
      const { packages } = this.extensions;
      const packaged = await this.extensions.packagedServers(tenant);
      const present = { tenant, records: this.registry.list(tenant), packaged, packages };
      const plan = importPlan(servers, present, prune);
      if (dryRun) return plan.map(({ name, action }) => ({ name, action }));
      const results: ImportResultDto[] = [];
      for (const step of plan) results.push(await this.perform(tenant, step));
      return results;
    });
  }

  private async perform(tenant: string, step: ImportStep): Promise<ImportResultDto> {
    const { name, action } = step;
    try {
      await this.carryOut(tenant, step);
      return { name, action };
    } catch (error) {
      this.logger.warn({ msg: 'a server could not be imported', tenant, server: name, action, err: error });
      return { name, action: 'failed', error: toProblem(error).message };
    }
  }

  private async carryOut(tenant: string, { name, action, settings, package: facts }: ImportStep): Promise<void> {
    const { packages } = this.extensions;
    if (action === 'deleted') return this.registry.delete(tenant, name);
    if (action === 'created') {
      if (facts) return packages!.install(tenant, name, facts, settings!);
      await this.registry.register(tenant, name, settings!);
      return;
    }
    if (facts) await packages!.change(tenant, name, facts);
    if (settings) await this.registry.redefine(tenant, name, await this.complete(tenant, name, settings));
  }

  /** With the program of the package as it is installed now. */
  private async complete(tenant: string, name: string, settings: ServerSettings): Promise<ServerSettings> {
    const packaged = (await this.extensions.packagedServers(tenant)).get(name);
    return packaged ? withProgram(settings, this.registry.get(tenant, name), packaged) : settings;
  }
}
