import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { untilAborted } from '@manifold/cancellation';
import { Problem } from '@manifold/rest';
import { SecretsService } from '@manifold/secrets';
import type { DeletionHooks, Replacement, ServerHost, ServerSettings } from '@manifold/server-hosting';
import type { Stored } from '@manifold/store';
import { KeyedMutex } from '@manifold/turns';
import { differInAccessAlone } from './access/access-settings.js';
import { Deletions } from './deletions.js';
import { redefinedRecord } from './redefined-record.js';
import { ServerIndex } from './server-index.js';
import { runsOnce, serverKey, type ServerRecord } from './server-record.js';
import type { ServerRun } from './server-run.js';
import { ServerSessions } from './server-sessions.js';
import { changedRecord, newRecord } from './server-settings.js';
import { ServerSupervisor } from './server-supervisor.js';
import { ServerTools } from './server-tools.js';
import { operatorView } from './server-view.js';
import type { ServerDto } from './servers.dto.js';
import { replaceInPlace } from './single/replace-in-place.js';
import { alreadyExists, StoredServers } from './stored-servers.js';

/**
 * The registered servers of all tenants. What is done to one server is done one thing after another; look-ups read no database. What
 * one replica does, the others take over from the store.
 *
 * Errors: Problem 404 `server_not_found`, 409 `server_already_exists`, 400 for settings that do not fit.
 */
@Injectable()
export class ServerRegistry implements ServerHost, OnModuleInit, OnApplicationShutdown {
  private readonly turns = new KeyedMutex();
  private readonly servers = new ServerIndex();
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
    return this.servers.find(tenant, name)?.value;
  }

  get(tenant: string, name: string): ServerRecord {
    return this.servers.get(tenant, name).value;
  }

  /** In ascending order of name. */
  list(tenant: string): ServerRecord[] {
    return this.servers.ofTenant(tenant);
  }

  /** Another one after each change of any server. */
  get revision(): number {
    return this.servers.revision;
  }

  view(tenant: string, name: string): ServerDto {
    // Of what runs the record may be older: others who see it are nothing to the process.
    const { access, updatedAt } = this.get(tenant, name);
    const server = this.supervisor.server(tenant, name)!;
    const view = operatorView(server, this.tools.of(tenant, name), this.sessions.idOf(tenant, name));
    return { ...view, access, updatedAt };
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
    const before = this.servers.get(tenant, name);
    const after = changedRecord(before.value, settings, new Date());
    if (before.value.enabled && runsOnce(before.value) && runsOnce(after)) {
      return replaceInPlace(this.supervisor, (one, other) => this.exchange(one, other), before, after, signal);
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
      const { value } = this.servers.get(tenant, name);
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
        // The record goes last: after a failure the deletion can be repeated, and no later server of this name inherits secrets.
        await this.secrets.deleteApp(tenant, name);
        await this.sessions.forget(tenant, name);
        await this.tools.forget(tenant, name);
        await this.records.remove(id);
      });
      await this.records.announce(tenant, name);
      this.servers.put(tenant, name, undefined);
      this.supervisor.dismiss(tenant, name);
      this.tools.announceChange({ tenant, app: name });
      await this.deletions.after(tenant, name);
    });
  }

  /** The hooks run while the server is not changed by anybody: they must not change it themselves. */
  onDelete(hooks: DeletionHooks): () => void {
    return this.deletions.add(hooks);
  }

  /** Runs a task while the server cannot be changed or deleted. */
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
    const elsewhere = urlOf(changed) !== urlOf(value);
    if (settings.sessionId === undefined && differInAccessAlone(changed, value)) {
      const stored = await this.records.overwrite(id, revision, changed);
      await this.records.announce(tenant, name);
      return this.admitOthers(stored);
    }
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

  /** @throws Problem 409 when somebody has changed the server meanwhile */
  private exchange({ revision }: Stored<ServerRecord>, record: ServerRecord): Promise<Stored<ServerRecord>> {
    const { tenant, name } = record;
    return this.inTurn(tenant, name, async () => {
      if (this.servers.get(tenant, name).revision !== revision) throw changedMeanwhile(name);
      await this.change(tenant, name, {}, () => record);
      return this.servers.get(tenant, name);
    });
  }

  private changedElsewhere(tenant: string, name: string): Promise<void> {
    return this.inTurn(tenant, name, async () => {
      const stored = await this.records.find(tenant, name);
      this.takeOver(tenant, name, stored);
    });
  }

  private async takeOverAll(): Promise<void> {
    const known = this.servers.all();
    for (const { value } of [...(await this.records.all()), ...known]) {
      await this.changedElsewhere(value.tenant, value.name);
    }
  }

  /** Calls in flight finish on what ran before. */
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

  /** Writes for a server that was stopped; if that fails, the server goes on as it was. */
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

  /** Others see the server from now on; what runs of it goes on. */
  private admitOthers(stored: Stored<ServerRecord>): ServerRecord {
    const { value } = stored;
    this.tools.announceChange(this.servers.put(value.tenant, value.name, stored));
    return value;
  }
}

const changedMeanwhile = (name: string): Problem =>
  new Problem(409, 'server_changed', `Server ${name} was changed while new settings were tried`);

const urlOf = ({ transport }: ServerRecord): string | undefined =>
  transport.transportType === 'streamable_http' ? transport.url : undefined;
