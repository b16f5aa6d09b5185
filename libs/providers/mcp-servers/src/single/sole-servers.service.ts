import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Bus } from '@manifold/bus';
import { Canceller, untilAborted } from '@manifold/cancellation';
import { Leases, type Candidacy, type KeptLease } from '@manifold/leases';
import { ProviderError } from '@manifold/tool-provider';
import type { UpstreamConnection } from '../upstream/index.js';
import { ServedLine } from './served-line.js';
import { SoleGuest } from './sole-guest.service.js';
import { SoleHost, type Household, type SoleServer } from './sole-host.service.js';

/** Between two attempts to take a server over, or to reach the replica that runs it. */
const RETRY_MS = 250;
/** How often it is looked whether the replica lives that runs a server. */
const LOOK_MS = 1_000;

/** Starts the server here. */
type Open = (signal: AbortSignal) => Promise<UpstreamConnection>;

/**
 * Servers that run once, however many replicas there are (`replicas: one`): on the replica that has the server's lease. The others use
 * it there, over the bus. When that replica ends, or can no longer show that it lives, one of the others starts it.
 */
@Injectable()
export class SoleServers implements BeforeApplicationShutdown {
  /** What was seen of the lease of a server, for as long as somebody here wants the server. */
  private readonly candidacies = new WeakMap<Household['calls'], Candidacy>();

  constructor(
    private readonly bus: Bus,
    private readonly leases: Leases,
    private readonly host: SoleHost,
    private readonly guest: SoleGuest,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.host.leave();
  }

  /**
   * @param signal ends the attempt; nothing of it is left here when this has rejected
   * @throws ProviderError; the signal's reason
   */
  async connect(
    server: SoleServer,
    household: Household,
    signal: AbortSignal,
    open: Open,
  ): Promise<UpstreamConnection> {
    if (!this.bus.isShared) return new ServedLine(await open(signal));
    const candidacy = this.candidacyFor(server, household);
    for (;;) {
      signal.throwIfAborted();
      const leaseOrHolder = await candidacy.attempt();
      if (typeof leaseOrHolder !== 'string') return this.openHere(server, leaseOrHolder, household, signal, open);
      const line = await this.attach(leaseOrHolder, server, candidacy, signal);
      if (line) return line;
      if (!this.bus.isConnected) throw unreachable();
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private candidacyFor({ key }: SoleServer, { calls }: Household): Candidacy {
    const known = this.candidacies.get(calls) ?? this.leases.candidacy(`sole server ${key}`, this.bus.replica);
    this.candidacies.set(calls, known);
    return known;
  }

  private async openHere(
    server: SoleServer,
    lease: KeptLease,
    household: Household,
    signal: AbortSignal,
    open: Open,
  ): Promise<UpstreamConnection> {
    const opening = open(AbortSignal.any([signal, lease.lost])).then((inner) => new ServedLine(inner, lease));
    this.host.serve(server, opening, household);
    try {
      return await opening;
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  /** Looks after the lease from now on: a replica that stands still is not missed by the bus. */
  private async attach(
    replica: string,
    server: SoleServer,
    candidacy: Candidacy,
    signal: AbortSignal,
  ): Promise<UpstreamConnection | undefined> {
    const dead = new Canceller();
    const looking = setInterval(
      () => void isHeldBy(replica, candidacy).then((held) => held || dead.abort(gone())),
      LOOK_MS,
    ).unref();
    const over = (): void => clearInterval(looking);
    const attaching = this.guest.attach(replica, server, over);
    try {
      const attached = await untilAborted(untilAborted(attaching, signal), dead);
      if (!attached) over();
      dead.addEventListener('abort', { handleEvent: () => attached?.abandon() });
      return attached?.line;
    } catch (error) {
      over();
      void attaching.then((attached) => attached?.line.close());
      if (signal.aborted) throw error;
      return undefined;
    }
  }
}

/** Also while that cannot be found out. */
const isHeldBy = (replica: string, candidacy: Candidacy): Promise<boolean> =>
  candidacy.look().then(
    (holder) => holder === replica,
    () => true,
  );

const gone = (): Error => new Error('The replica does not show that it lives');

const unreachable = (): ProviderError =>
  new ProviderError('upstream_unavailable', 'The server runs on another replica, which cannot be reached');
