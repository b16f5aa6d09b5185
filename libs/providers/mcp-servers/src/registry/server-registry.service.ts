import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { untilAborted, KeyedMutex } from '@manifold/async';
import { SecretsService } from '@manifold/secrets';
import type { DeletionHooks, Replacement, ServerHost, ServerSettings } from '@manifold/server-model';
import type { Stored } from '@manifold/store';
import {
  differInAccessAlone,
  isSingleton,
  secretsDestination,
  serverKey,
  type ServerRecord,
  type ServerRun,
  ServerSessions,
  ServerSupervisor,
  ServerTools,
} from '@manifold/mcp-hosting';
import { Deletions } from './deletions.js';
import { redefinedRecord } from './redefined-record.js';
import { ServerIndex } from './server-index.js';
import { changedMeanwhile, requireAllowed, urlOf } from './server-changes.js';
import { changedRecord, newRecord, upgradedRecord } from './server-settings.js';
import { operatorView } from './server-view.js';
import type { ServerDto } from './servers.dto.js';
import { replaceInPlace } from './replace-in-place.js';
import { alreadyExists, StoredServers } from './stored-servers.js';

/**
 * The registered servers of all tenants. Changes of one server run one after another. Look-ups use memory only; changes by another
 * replica are loaded from the store.
 * Errors: ProblemError 404 `server_not_found`, 409 `server_already_exists`, 403 `stdio_not_allowed`, 400 for invalid settings.
 */
@Injectable()
export class ServerRegistry implements ServerHost, OnModuleInit, OnApplicationShutdown {
  private readonly turns = new KeyedMutex();
  private readonly servers = new ServerIndex();
  /** Its revision increases with each change of any server. */
  readonly index: Readonly<Pick<ServerIndex, 'revision'>> = this.servers;
  private readonly deletions = new Deletions();
  private unsubscribe?: () => void;

  constructor(
    private readonly records: StoredServers,
    private readonly supervisor: ServerSupervisor,
    private readonly tools: ServerTools,
    private readonly sessions: ServerSessions,
    private readonly secrets: SecretsService,
  ) {}

  async onModuleInit(): Promise<void> {
    this.unsubscribe = this.records.follow(
      (tenant, name) => this.changedElsewhere(tenant, name),
      () => void this.takeOverAll().catch(() => undefined), // the next event tries again
    );
    for (const stored of await this.records.all()) this.remember(stored);
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  check(settings: ServerSettings): void {
    newRecord('', '', settings, new Date());
  }

  find(tenant: string, name: string): ServerRecord | undefined {
    return this.servers.find(tenant, name)?.value;
  }

  get(tenant: string, name: string): ServerRecord {
    return this.servers.get(tenant, name).value;
  }

  /** Returns the records of a tenant, in ascending order of name. */
  list(tenant: string): ServerRecord[] {
    return this.servers.ofTenant(tenant);
  }

  view(tenant: string, name: string): ServerDto {
    // The running instance may hold an older record. Access rules do not affect the process.
    const { access, updatedAt } = this.get(tenant, name);
    const server = this.supervisor.server(tenant, name)!;
    const view = operatorView(server, this.tools.of(tenant, name), this.sessions.idOf(tenant, name));
    return { ...view, access, updatedAt };
  }

  async settled(tenant: string, name: string, signal: AbortSignal): Promise<void> {
    const server = this.supervisor.server(tenant, name);
    if (server?.record.enabled) await untilAborted(server.settled, signal).catch(() => undefined);
  }

  /** Registers a server and starts it. Resolves when the server is stored; it may still be starting. */
  register(tenant: string, name: string, settings: ServerSettings): Promise<ServerRecord> {
    return this.inTurn(tenant, name, async () => {
      if (this.find(tenant, name)) throw alreadyExists(name);
      const record = newRecord(tenant, name, settings, new Date());
      await requireAllowed(this.supervisor, record);
      const stored = await this.records.insert(record);
      if (settings.sessionId !== undefined) await this.sessions.adopt(tenant, name, settings.sessionId);
      await this.records.announce(tenant, name);
      return this.remember(stored);
    });
  }

  /** Stops the server, changes the given fields and starts it again. If only the access rules differ, the server keeps running. */
  update(tenant: string, name: string, settings: ServerSettings): Promise<ServerRecord> {
    return this.inTurn(tenant, name, () => this.change(tenant, name, settings));
  }

  /** Like `update`, but the server gets exactly these settings: absent ones get their default. Placeholders stand for the stored values. */
  redefine(tenant: string, name: string, settings: ServerSettings): Promise<ServerRecord> {
    return this.inTurn(tenant, name, () => this.change(tenant, name, settings, redefinedRecord));
  }

  /**
   * Tries new settings beside the running server, and replaces it if they work; a singleton is replaced in place. A change meanwhile fails it.
   * @throws ProviderError that says why the new settings do not work; ProblemError 409 `server_changed`; the signal's reason
   */
  async replace(
    tenant: string,
    name: string,
    settings: ServerSettings,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<Replacement> {
    const before = this.servers.get(tenant, name);
    const after = upgradedRecord(before.value, settings, new Date());
    await requireAllowed(this.supervisor, after, before.value);
    if (before.value.enabled && isSingleton(before.value) && isSingleton(after)) {
      return replaceInPlace(this.supervisor, (one, other) => this.exchange(one, other), before, after, signal);
    }
    const candidate = this.supervisor.candidate(after);
    try {
      await candidate.verify(signal, this.supervisor.server(tenant, name)!);
      return await this.inTurn(tenant, name, () => this.swap(before, candidate));
    } catch (error) {
      await this.supervisor.drop(candidate);
      throw error;
    }
  }

  /** Enables a server and starts it. An enabled server that is neither connected nor starting is restarted at once. */
  enable(tenant: string, name: string): Promise<ServerRecord> {
    return this.inTurn(tenant, name, async () => {
      const { value } = this.servers.get(tenant, name);
      await this.supervisor.check(value);
      const status = this.supervisor.server(tenant, name)?.status;
      const runs = status === 'connected' || status === 'connecting';
      return value.enabled && runs ? value : this.change(tenant, name, { enabled: true });
    });
  }

  disable(tenant: string, name: string): Promise<ServerRecord> {
    return this.update(tenant, name, { enabled: false });
  }

  delete(tenant: string, name: string): Promise<void> {
    return this.inTurn(tenant, name, async () => {
      const { id, value } = this.servers.get(tenant, name);
      await this.supervisor.stop(tenant, name, { endSession: true });
      await this.orKeep(value, async () => {
        await this.deletions.before(tenant, name);
        // The record is removed last. After a failure, the deletion can be repeated, and no later server of this name inherits secrets.
        await this.secrets.deleteApp(tenant, name);
        await this.sessions.forget(tenant, name);
        await this.tools.forget(tenant, name);
        await this.records.remove(id);
      });
      await this.records.announce(tenant, name);
      this.servers.put(tenant, name, undefined);
      this.supervisor.discard(tenant, name);
      await this.supervisor.removeFiles(tenant, name);
      this.tools.announceChange({ tenant, app: name });
      await this.deletions.after(tenant, name);
    });
  }

  /** Adds deletion hooks. They run while the server is locked against changes, so they must not change it themselves. */
  onDelete(hooks: DeletionHooks): () => void {
    return this.deletions.add(hooks);
  }

  /** Runs a task. The server cannot be changed or deleted until the task ends. */
  whileRegistered<T>(tenant: string, name: string, task: () => Promise<T>): Promise<T> {
    return this.inTurn(tenant, name, () => {
      this.servers.get(tenant, name);
      return task();
    });
  }

  async findStored(tenant: string, name: string): Promise<ServerRecord | undefined> {
    return (await this.records.find(tenant, name))?.value;
  }

  private inTurn<T>(tenant: string, name: string, task: () => Promise<T>): Promise<T> {
    return this.turns.run(serverKey(tenant, name), task);
  }

  private async change(
    tenant: string,
    name: string,
    settings: ServerSettings,
    derive = changedRecord,
  ): Promise<ServerRecord> {
    const { id, revision, value } = this.servers.get(tenant, name);
    const changed = derive(value, settings, new Date());
    await requireAllowed(this.supervisor, changed, value);
    const elsewhere = urlOf(changed) !== urlOf(value);
    if (settings.sessionId === undefined && differInAccessAlone(changed, value)) {
      const stored = await this.records.overwrite(id, revision, changed);
      await this.records.announce(tenant, name);
      return this.admitOthers(stored);
    }
    const destination = secretsDestination(value);
    if (secretsDestination(changed) !== destination) await this.secrets.bind(tenant, name, destination);
    await this.supervisor.stop(tenant, name, { endSession: elsewhere });
    const stored = await this.orKeep(value, async () => {
      if (elsewhere) await this.sessions.forget(tenant, name);
      if (settings.sessionId !== undefined) await this.sessions.adopt(tenant, name, settings.sessionId);
      return this.records.overwrite(id, revision, changed);
    });
    await this.records.announce(tenant, name);
    return this.remember(stored);
  }

  /** Writes the record first. If the gateway dies before, it restarts with the old settings; if it dies after, with the new ones. */
  private async swap(before: Stored<ServerRecord>, candidate: ServerRun): Promise<Replacement> {
    const { record } = candidate;
    const { id, revision } = this.servers.get(record.tenant, record.name);
    if (revision !== before.revision) throw changedMeanwhile(record.name);
    if (!record.enabled) await candidate.stop({ endSession: true });
    const stored = await this.records.overwrite(id, revision, record);
    this.servers.put(record.tenant, record.name, stored);
    await this.records.announce(record.tenant, record.name);
    const retired = this.supervisor.promote(candidate);
    this.tools.announceChange({ tenant: record.tenant, app: record.name });
    return { retired };
  }

  /** @throws ProblemError 409 if the server was changed meanwhile */
  private exchange({ revision }: Stored<ServerRecord>, record: ServerRecord): Promise<Stored<ServerRecord>> {
    const { tenant, name } = record;
    return this.inTurn(tenant, name, async () => {
      if (this.servers.get(tenant, name).revision !== revision) throw changedMeanwhile(name);
      await this.change(tenant, name, {}, () => record);
      return this.servers.get(tenant, name);
    });
  }

  private changedElsewhere(tenant: string, name: string): Promise<void> {
    return this.inTurn(tenant, name, async () => this.takeOver(tenant, name, await this.records.find(tenant, name)));
  }

  /** Reads the servers that are not known here as they are stored. */
  private async takeOverAll(): Promise<void> {
    const differing = new Map(this.servers.all().map((known) => [known.id, known]));
    for (const stored of await this.records.all()) {
      if (differing.get(stored.id)?.revision === stored.revision) differing.delete(stored.id);
      else differing.set(stored.id, stored);
    }
    for (const { value } of differing.values()) await this.changedElsewhere(value.tenant, value.name);
  }

  /** Applies a change by another replica. Running calls finish on the previous instance. */
  private takeOver(tenant: string, name: string, stored: Stored<ServerRecord> | undefined): void {
    const known = this.servers.find(tenant, name);
    if (known?.id === stored?.id && known?.revision === stored?.revision) return;
    if (stored && known?.id === stored.id && differInAccessAlone(stored.value, known.value)) {
      this.admitOthers(stored);
      return;
    }
    const changed = this.servers.put(tenant, name, stored);
    if (stored) this.supervisor.takeOver(stored.value);
    else void this.supervisor.leave(tenant, name);
    this.tools.announceChange(changed);
  }

  /** Runs a write for a stopped server. If the write fails, the server is started again with its old record. */
  private async orKeep<T>(record: ServerRecord, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      this.supervisor.adopt(record);
      throw error;
    }
  }

  private remember(stored: Stored<ServerRecord>): ServerRecord {
    const { value } = stored;
    const changed = this.servers.put(value.tenant, value.name, stored);
    this.supervisor.adopt(value);
    this.tools.announceChange(changed);
    return value;
  }

  /** Applies new access rules. The running server is not touched. */
  private admitOthers(stored: Stored<ServerRecord>): ServerRecord {
    const { value } = stored;
    this.tools.announceChange(this.servers.put(value.tenant, value.name, stored));
    return value;
  }
}
