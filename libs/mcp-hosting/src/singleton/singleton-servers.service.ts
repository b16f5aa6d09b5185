import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Bus, Leases, type Candidacy, type KeptLease } from '@manifold/bus';
import { Canceller, untilAborted } from '@manifold/async';
import type { UpstreamConnection } from '@manifold/mcp-client';
import { LeasedConnection } from './leased-connection.js';
import { SingletonClient, unreachable } from './singleton-client.service.js';
import { SingletonHost, type HostContext, type SingletonServer } from './singleton-host.service.js';

/** Time between two attempts to take over a server, or to reach the replica that runs it. */
const RETRY_MS = 250;
/** Number of attempts after which the log says that the replica with the lease does not let this one use the server: 5 s. */
const LONG_ATTEMPTS = 20;
/** Interval of the check that the replica that runs a server still holds its lease. */
const LOOK_MS = 1_000;

/** Starts the server here. */
type Open = (signal: AbortSignal) => Promise<UpstreamConnection>;

/**
 * Singleton servers (`replicas: one`). Only the replica that holds a server's lease runs the server. The other replicas use
 * it there, over the bus. When that replica ends or can no longer renew the lease, another replica starts the server.
 */
@Injectable()
export class SingletonServers implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SingletonServers.name);
  /** The candidacy for the lease of each server, kept for as long as this replica uses the server. */
  private readonly candidacies = new WeakMap<HostContext['calls'], Candidacy>();

  constructor(
    private readonly bus: Bus,
    private readonly leases: Leases,
    private readonly host: SingletonHost,
    private readonly client: SingletonClient,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.host.leave();
  }

  /**
   * Connects to a server, on this replica or on the one that runs it.
   * @param signal ends the attempt. When this has rejected, no process and no connection is left here.
   * @throws ProviderError; the signal's reason
   */
  async connect(
    server: SingletonServer,
    context: HostContext,
    signal: AbortSignal,
    open: Open,
  ): Promise<UpstreamConnection> {
    if (!this.bus.isShared) return new LeasedConnection(await open(signal));
    const candidacy = this.candidacyFor(server, context);
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const leaseOrHolder = await candidacy.attempt();
      if (typeof leaseOrHolder !== 'string') return this.openHere(server, leaseOrHolder, context, signal, open);
      const connection = await this.attach(leaseOrHolder, server, candidacy, signal);
      if (connection) return connection;
      if (!this.bus.isConnected) throw unreachable();
      if (attempt === LONG_ATTEMPTS) {
        const msg =
          'the replica that runs a server does not let others use it: it has other settings, or another version';
        this.logger.warn({ msg, key: server.key, replica: leaseOrHolder });
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private candidacyFor({ key }: SingletonServer, { calls }: HostContext): Candidacy {
    // The name of the lease is stored and must not change, so that replicas of an older version compete for the same lease.
    const known = this.candidacies.get(calls) ?? this.leases.candidacy(`sole server ${key}`, this.bus.replica);
    this.candidacies.set(calls, known);
    return known;
  }

  private async openHere(
    server: SingletonServer,
    lease: KeptLease,
    context: HostContext,
    signal: AbortSignal,
    open: Open,
  ): Promise<UpstreamConnection> {
    const opening = open(AbortSignal.any([signal, lease.lost])).then((inner) => new LeasedConnection(inner, lease));
    this.host.serve(server, opening, context);
    try {
      return await opening;
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  /**
   * Attaches to the replica that runs the server, and checks the server's lease from then on. The bus does not detect a
   * replica that is suspended.
   */
  private async attach(
    replica: string,
    server: SingletonServer,
    candidacy: Candidacy,
    signal: AbortSignal,
  ): Promise<UpstreamConnection | undefined> {
    const dead = new Canceller();
    const looking = setInterval(
      () => void isHeldBy(replica, candidacy).then((held) => held || dead.abort(gone())),
      LOOK_MS,
    ).unref();
    const over = (): void => clearInterval(looking);
    const attaching = this.client.attach(replica, server, over);
    try {
      const attached = await untilAborted(untilAborted(attaching, signal), dead);
      if (!attached) over();
      dead.addEventListener('abort', { handleEvent: () => attached?.abandon() });
      return attached?.connection;
    } catch (error) {
      over();
      void attaching.then((attached) => attached?.connection.close());
      if (signal.aborted) throw error;
      return undefined;
    }
  }
}

/** Returns whether the replica holds the lease; true also if the lease cannot be read. */
const isHeldBy = (replica: string, candidacy: Candidacy): Promise<boolean> =>
  candidacy.look().then(
    (holder) => holder === replica,
    () => true,
  );

const gone = (): Error => new Error('The replica no longer responds');
