import { Injectable, Logger } from '@nestjs/common';
import { ProblemError, toProblem, type FieldFault } from '@manifold/rest';
import { ServerExtensions, type ServerSettings } from '@manifold/server-model';
import { KeyedMutex } from '@manifold/async';
import { ServerSupervisor } from '@manifold/mcp-hosting';
import { importPlan, type ImportStep } from './import-plan.js';
import { withProgram } from '../registry/packaged-program.js';
import { requireAllowed } from '../registry/server-changes.js';
import { ServerRegistry } from '../registry/server-registry.service.js';
import type { ImportResultDto, ServerDefinitionDto } from './servers-document.dto.js';

export interface ImportOptions {
  readonly dryRun: boolean;
  /** Whether to delete servers that are not in the document. */
  readonly prune: boolean;
}

/** The most faults that one answer names. */
const MOST_FAULTS = 20;

/** Makes the servers of a tenant match a document. Imports of one tenant run one after another. */
@Injectable()
export class ServerImport {
  private readonly logger = new Logger(ServerImport.name);
  private readonly turns = new KeyedMutex();

  constructor(
    private readonly registry: ServerRegistry,
    private readonly extensions: ServerExtensions,
    private readonly supervisor: ServerSupervisor,
  ) {}

  /**
   * Imports a document. If one server fails, the import goes on with the next one. When the promise resolves, the servers are stored but
   * may still be starting.
   * @throws ProblemError 400 that lists all faults of the document, 403 that lists all servers that the policy of the tenant forbids; in
   *   both cases nothing was changed
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
      await this.checkPolicy(tenant, plan);
      if (dryRun) return plan.map(({ name, action }) => ({ name, action }));
      const results: ImportResultDto[] = [];
      for (const step of plan) results.push(await this.perform(tenant, step));
      return results;
    });
  }

  /** @throws ProblemError 403 */
  private async checkPolicy(tenant: string, plan: readonly ImportStep[]): Promise<void> {
    const refusals: ProblemError[] = [];
    const errors: FieldFault[] = [];
    for (const [index, step] of plan.entries()) {
      try {
        await this.checkStep(tenant, step);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        refusals.push(error);
        errors.push({ pointer: `/servers/${index}`, code: error.code, detail: error.message });
      }
    }
    const [first] = refusals;
    if (first)
      throw new ProblemError(first.status, first.code, first.message, { errors: errors.slice(0, MOST_FAULTS) });
  }

  private async checkStep(tenant: string, step: ImportStep): Promise<void> {
    const { name, settings = {}, record, package: facts } = step;
    if (facts) this.extensions.packages!.checkPolicy(tenant, name, facts, settings);
    if (record) await requireAllowed(this.supervisor, record, this.registry.find(tenant, name));
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

  /** Adds the command and arguments of the currently installed package to the settings. */
  private async complete(tenant: string, name: string, settings: ServerSettings): Promise<ServerSettings> {
    const packaged = (await this.extensions.packagedServers(tenant)).get(name);
    return packaged ? withProgram(settings, this.registry.get(tenant, name), packaged) : settings;
  }
}
