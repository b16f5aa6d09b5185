import { Injectable, Logger } from '@nestjs/common';
import { ProblemError, toProblem, type FieldFault } from '@manifold/rest';
import { ServerExtensions, type ServerSettings } from '@manifold/server-model';
import { KeyedMutex } from '@manifold/async';
import { ServerSupervisor } from '@manifold/mcp-hosting';
import { clientStep, importPlan, type ImportStep, type Present } from './import-plan.js';
import type { ClientServer } from '../client-files/client-servers.js';
import { withProgram } from '../registry/packaged-program.js';
import { requireAllowed } from '../registry/server-changes.js';
import { ServerRegistry } from '../registry/server-registry.service.js';
import type { ImportResultDto, ServerDefinitionDto } from './servers-document.dto.js';

export interface ImportOptions {
  readonly dryRun: boolean;
  /** Whether to delete servers that are not in the document. */
  readonly prune: boolean;
}

/** A server of an import. */
interface PlannedServer {
  readonly step: ImportStep;
  /** Pointer to the server in the body. */
  readonly pointer: string;
  /** The result, if it is certain without a change. */
  readonly result?: ImportResultDto;
  /** Further members of the result. */
  readonly about?: Partial<ImportResultDto>;
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
      const plan = importPlan(servers, await this.present(tenant), prune);
      const planned = plan.map((step, index) => ({ step, pointer: `/servers/${index}` }));
      return this.carryOutAll(tenant, planned, dryRun);
    });
  }

  /**
   * Imports the servers of a client's file. A server that cannot be imported does not affect the others.
   * @throws ProblemError 403 that lists all servers that the policy of the tenant forbids; nothing was changed
   */
  runFile(
    tenant: string,
    servers: readonly ClientServer[],
    { dryRun, prune }: ImportOptions,
  ): Promise<ImportResultDto[]> {
    return this.turns.run(tenant, async () => {
      const present = await this.present(tenant);
      const names = new Set<string>();
      const planned = servers.map((server) => {
        const { name, pointer, error = names.has(name) ? `Server ${name} occurs twice` : undefined } = server;
        names.add(name);
        return { pointer, ...(error === undefined ? clientPlan(server, present) : failed(server, error)) };
      });
      const gone = prune ? present.records.filter(({ name }) => !names.has(name)) : [];
      const deletions = gone.map(({ name }) => ({ step: { name, action: 'deleted' as const }, pointer: '' }));
      return this.carryOutAll(tenant, [...planned, ...deletions], dryRun);
    });
  }

  private async present(tenant: string): Promise<Present> {
    const packaged = await this.extensions.packagedServers(tenant);
    return { tenant, records: this.registry.list(tenant), packaged, packages: this.extensions.packages };
  }

  private async carryOutAll(
    tenant: string,
    planned: readonly PlannedServer[],
    dryRun: boolean,
  ): Promise<ImportResultDto[]> {
    await this.checkPolicy(tenant, planned);
    const results: ImportResultDto[] = [];
    for (const { step, result, about } of planned) {
      const done = result ?? (dryRun ? { name: step.name, action: step.action } : await this.perform(tenant, step));
      results.push({ ...done, ...about });
    }
    return results;
  }

  /** @throws ProblemError 403 */
  private async checkPolicy(tenant: string, planned: readonly PlannedServer[]): Promise<void> {
    const refusals: ProblemError[] = [];
    const errors: FieldFault[] = [];
    for (const { step, pointer, result } of planned) {
      try {
        if (!result) await this.checkStep(tenant, step);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        refusals.push(error);
        errors.push({ pointer, code: error.code, detail: error.message });
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

  private async carryOut(tenant: string, step: ImportStep): Promise<void> {
    const { name, action, settings, package: facts, isPartial } = step;
    const { packages } = this.extensions;
    if (action === 'deleted') return this.registry.delete(tenant, name);
    if (action === 'created') {
      if (facts) return packages!.install(tenant, name, facts, settings!);
      await this.registry.register(tenant, name, settings!);
      return;
    }
    if (facts) await packages!.change(tenant, name, facts);
    if (isPartial && settings) return void (await this.registry.update(tenant, name, settings));
    if (settings) await this.registry.redefine(tenant, name, await this.complete(tenant, name, settings));
  }

  /** Adds the command and arguments of the currently installed package to the settings. */
  private async complete(tenant: string, name: string, settings: ServerSettings): Promise<ServerSettings> {
    const packaged = (await this.extensions.packagedServers(tenant)).get(name);
    return packaged ? withProgram(settings, this.registry.get(tenant, name), packaged) : settings;
  }
}

function clientPlan(server: ClientServer, present: Present): Omit<PlannedServer, 'pointer'> {
  const { givenName, secrets, warnings } = server;
  try {
    const about = { givenName, secrets: secrets && [...secrets], warnings: warnings && [...warnings] };
    return { step: clientStep(server, present), about };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return failed(server, error.message);
  }
}

/** Returns a server that an import leaves as it is, because its entry cannot be used. */
const failed = ({ name, givenName }: ClientServer, error: string): Omit<PlannedServer, 'pointer'> => ({
  step: { name, action: 'unchanged' },
  result: { name, action: 'failed', error, ...(givenName !== undefined && { givenName }) },
});
