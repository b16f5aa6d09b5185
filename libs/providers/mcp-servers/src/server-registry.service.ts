import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { untilAborted } from '@manifold/cancellation';
import { Problem } from '@manifold/rest';
import { SecretsService } from '@manifold/secrets';
import type { DeletionHooks, Replacement, ServerHost, ServerSettings } from '@manifold/server-hosting';
import type { Stored } from '@manifold/store';
import { KeyedMutex } from '@manifold/turns';
import { redefinedRecord } from './redefined-record.js';
import { runsOnce, serverKey, type ServerRecord } from './server-record.js';
import type { ServerRun } from './server-run.js';
import { ServerSessions } from './server-sessions.js';
import { changedRecord, newRecord } from './server-settings.js';
import { ServerSupervisor } from './server-supervisor.js';
import { ServerTools } from './server-tools.js';
import { operatorView } from './server-view.js';
import type { ServerDto } from './servers.dto.js';
import { alreadyExists, StoredServers } from './stored-servers.js';

/**
 * The registered servers of all tenants. What is done to one server is done one thing after another; look-ups read no database. What
 * one replica does, the others take over from the store.
 *
 * Errors: Problem 404 `server_not_found`, 409 `server_already_exists`, 400 for settings that do not fit.
 */
@Injectable()
export class ServerRegistry implements ServerHost, OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(ServerRegistry.name);
  private readonly turns = new KeyedMutex();
  private readonly servers = new Map<string, Stored<ServerRecord>>();
  private readonly deletionHooks = new Set<DeletionHooks>();
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
      () => void this.takeOverAll().catch(() => undefined), // it is called again
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
    return this.servers.get(serverKey(tenant, name))?.value;
  }

  get(tenant: string, name: string): ServerRecord {
    return this.stored(tenant, name).value;
  }

  /** In ascending order of name. */
  list(tenant: string): ServerRecord[] {
    const all = [...this.servers.values()].map(({ value }) => value);
    return all.filter((record) => record.tenant === tenant).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  view(tenant: string, name: string): ServerDto {
    this.stored(tenant, name);
    const server = this.supervisor.server(tenant, name)!;
    return operatorView(server, this.tools.of(tenant, name), this.sessions.idOf(tenant, name));
  }

  async settled(tenant: string, name: string, signal: AbortSignal): Promise<void> {
    const server = this.supervisor.server(tenant, name);
    if (server?.record.enabled) await untilAborted(server.settled, signal).catch(() => undefined);
  }

  /** Resolves when the server is stored; its start goes on. */
  register(tenant: string, name: string, settings: ServerSettings): Promise<ServerRecord> {
    return this.inTurn(tenant, name, async () => {
      if (this.find(tenant, name)) throw alreadyExists(name);
      const stored = await this.records.insert(newRecord(tenant, name, settings, new Date()));
      if (settings.sessionId !== undefined) await this.sessions.adopt(tenant, name, settings.sessionId);
      await this.records.announce(tenant, name);
      return this.remember(stored);
    });
  }

  /** Stops the server, changes the given fields and starts it again. */
  update(tenant: string, name: string, settings: ServerSettings): Promise<ServerRecord> {
    return this.inTurn(tenant, name, () => this.change(tenant, name, settings));
  }

  /** Stops the server, gives it these settings and no others, and starts it again. Hidden headers stay as they are stored. */
  redefine(tenant: string, name: string, settings: ServerSettings): Promise<ServerRecord> {
    return this.inTurn(tenant, name, () => this.change(tenant, name, settings, redefinedRecord));
  }

  /**
   * The trial holds up nobody: whatever changes the server meanwhile ends the replacement.
   * @throws ProviderError that says why the new settings do not work; Problem 409 `server_changed`; the signal's reason
   */
  async replace(
    tenant: string,
    name: string,
    settings: ServerSettings,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<Replacement> {
    const before = this.stored(tenant, name);
    const after = changedRecord(before.value, settings, new Date());
    if (before.value.enabled && runsOnce(before.value) && runsOnce(after)) {
      return this.replaceInPlace(before, after, signal);
    }
    const candidate = this.supervisor.candidate(after);
    try {
      await candidate.prove(signal, this.supervisor.server(tenant, name)!);
      return await this.inTurn(tenant, name, () => this.swap(before, candidate));
    } catch (error) {
      await this.supervisor.drop(candidate);
      throw error;
    }
  }

  /** A server that is enabled but neither connected nor starting is started anew, at once. */
  enable(tenant: string, name: string): Promise<ServerRecord> {
    return this.inTurn(tenant, name, async () => {
      const { value } = this.stored(tenant, name);
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
      const { id, value } = this.stored(tenant, name);
      await this.supervisor.stop(tenant, name, { endSession: true });
      await this.orKeep(value, async () => {
        for (const hooks of this.deletionHooks) await hooks.before(tenant, name);
        // The record goes last: after a failure the deletion can be repeated, and no later server of this name inherits secrets.
        await this.secrets.deleteApp(tenant, name);
        await this.sessions.forget(tenant, name);
        await this.tools.forget(tenant, name);
        await this.records.remove(id);
      });
      await this.records.announce(tenant, name);
      this.servers.delete(serverKey(tenant, name));
      this.supervisor.dismiss(tenant, name);
      this.tools.announceChange();
      for (const hooks of this.deletionHooks) await this.afterDeletion(hooks, value);
    });
  }

  /** The hooks run while the server is not changed by anybody: they must not change it themselves. */
  onDelete(hooks: DeletionHooks): () => void {
    this.deletionHooks.add(hooks);
    return () => this.deletionHooks.delete(hooks);
  }

  /** Runs a task while the server cannot be changed or deleted. */
  whileRegistered<T>(tenant: string, name: string, task: () => Promise<T>): Promise<T> {
    return this.inTurn(tenant, name, () => {
      this.stored(tenant, name);
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
    const { id, revision, value } = this.stored(tenant, name);
    const changed = derive(value, settings, new Date());
    const elsewhere = urlOf(changed) !== urlOf(value);
    await this.supervisor.stop(tenant, name, { endSession: elsewhere });
    const stored = await this.orKeep(value, async () => {
      if (elsewhere) await this.sessions.forget(tenant, name);
      if (settings.sessionId !== undefined) await this.sessions.adopt(tenant, name, settings.sessionId);
      return this.records.overwrite(id, revision, changed);
    });
    await this.records.announce(tenant, name);
    return this.remember(stored);
  }

  /** The record is written first: a gateway that dies before that comes back with the old settings, and after it with the new ones. */
  private async swap(before: Stored<ServerRecord>, candidate: ServerRun): Promise<Replacement> {
    const { record } = candidate;
    const { id, revision } = this.stored(record.tenant, record.name);
    if (revision !== before.revision) throw changedMeanwhile(record.name);
    if (!record.enabled) await candidate.stop({ endSession: true });
    const stored = await this.records.overwrite(id, revision, record);
    this.servers.set(serverKey(record.tenant, record.name), stored);
    await this.records.announce(record.tenant, record.name);
    const retired = this.supervisor.promote(candidate);
    this.tools.announceChange();
    return { retired };
  }

  /** What must run once is not tried beside what runs: it takes its place, and gives it back where it does not work. */
  private async replaceInPlace(
    before: Stored<ServerRecord>,
    after: ServerRecord,
    signal: AbortSignal,
  ): Promise<Replacement> {
    const { tenant, name } = after;
    const incumbent = this.supervisor.server(tenant, name)!;
    const { instances } = incumbent;
    await incumbent.retire();
    await this.exchange(before, after);
    const changed = this.stored(tenant, name);
    try {
      await this.supervisor.server(tenant, name)!.prove(signal, { instances });
      return { retired: Promise.resolve() };
    } catch (error) {
      await this.exchange(changed, before.value);
      throw error;
    }
  }

  /** @throws Problem 409 when somebody has changed the server meanwhile */
  private exchange({ revision }: Stored<ServerRecord>, record: ServerRecord): Promise<ServerRecord> {
    const { tenant, name } = record;
    return this.inTurn(tenant, name, () => {
      if (this.stored(tenant, name).revision !== revision) throw changedMeanwhile(name);
      return this.change(tenant, name, {}, () => record);
    });
  }

  private changedElsewhere(tenant: string, name: string): Promise<void> {
    return this.inTurn(tenant, name, async () => {
      const stored = await this.records.find(tenant, name);
      this.takeOver(tenant, name, stored);
    });
  }

  private async takeOverAll(): Promise<void> {
    const known = [...this.servers.values()];
    for (const { value } of [...(await this.records.all()), ...known]) {
      await this.changedElsewhere(value.tenant, value.name);
    }
  }

  /** Calls in flight finish on what ran before. */
  private takeOver(tenant: string, name: string, stored: Stored<ServerRecord> | undefined): void {
    const key = serverKey(tenant, name);
    const known = this.servers.get(key);
    if (known?.id === stored?.id && known?.revision === stored?.revision) return;
    if (stored) {
      this.servers.set(key, stored);
      this.supervisor.takeOver(stored.value);
    } else {
      this.servers.delete(key);
      void this.supervisor.leave(tenant, name);
    }
    this.tools.announceChange();
  }

  /** The server is gone, whatever becomes of this. */
  private async afterDeletion(hooks: DeletionHooks, { tenant, name }: ServerRecord): Promise<void> {
    try {
      await hooks.after(tenant, name);
    } catch (error) {
      this.logger.error({ msg: 'something of a deleted server is left', tenant, server: name, err: error });
    }
  }

  /** Writes for a server that was stopped; if that fails, the server goes on as it was. */
  private async orKeep<T>(record: ServerRecord, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      this.supervisor.adopt(record);
      throw error;
    }
  }

  private stored(tenant: string, name: string): Stored<ServerRecord> {
    const stored = this.servers.get(serverKey(tenant, name));
    if (!stored) throw new Problem(404, 'server_not_found', `Server ${name} not found`);
    return stored;
  }

  private remember(stored: Stored<ServerRecord>): ServerRecord {
    const { value } = stored;
    this.servers.set(serverKey(value.tenant, value.name), stored);
    this.supervisor.adopt(value);
    this.tools.announceChange();
    return value;
  }
}

const changedMeanwhile = (name: string): Problem =>
  new Problem(409, 'server_changed', `Server ${name} was changed while new settings were tried`);

const urlOf = ({ transport }: ServerRecord): string | undefined =>
  transport.transportType === 'streamable_http' ? transport.url : undefined;
