import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { setAwakeTimeout } from '@manifold/async';
import { Bus, type Unsubscribe } from '../bus.js';
import { BusCalls } from '../calls/bus-calls.js';
import type { CallHandler, CallOptions } from '../calls/call.js';
import { ReplicaEndedError, ReplicaGoneError } from '../replica-gone-error.js';
import { newReplicaId } from '../replica-id.js';
import type { Topic } from '../topic.js';
import type { Envelope } from './envelope.js';
import { Listeners } from './listeners.js';
import type { SealedChannels } from './sealed-channels.js';

/** Milliseconds that an announcement waits for acknowledgements. */
const ANNOUNCED_WITHIN_MS = 3_000;
/** Milliseconds between two checks of the connections, and the timeout of one check. Time in which this process stands still does not count. */
const BEAT_MS = 2_000;

interface Announcement {
  /** The number of replicas that received it. Unknown until Redis has returned that number. */
  expected?: number;
  taken: number;
  readonly answers: unknown[];
  done(): void;
}

/**
 * Connects replicas by publish/subscribe of Redis: one channel for all, and one for each replica. The messages are sealed.
 *
 * Lifecycle: `onModuleInit` connects. If that fails, the replica works alone and keeps trying. `onApplicationShutdown` closes the
 * connections. Every two seconds the replica sends a message to itself. This detects a lost connection even if the sockets do not report
 * it.
 */
export class RedisBus extends Bus implements OnModuleInit, OnApplicationShutdown {
  readonly replica = newReplicaId();
  readonly isShared = true;
  private readonly logger = new Logger(RedisBus.name);
  private readonly announced = new Listeners();
  private readonly calls = new BusCalls(this.replica, (replica, envelope) => this.send(replica, envelope));
  private readonly missed = new Set<() => void>();
  private readonly announcements = new Map<number, Announcement>();
  private count = 0;
  private beats = false;
  private beatHeard?: (id: number) => unknown;
  private timer?: NodeJS.Timeout;
  private closed = false;

  constructor(private readonly channels: SealedChannels) {
    super();
  }

  get isConnected(): boolean {
    return this.beats;
  }

  async onModuleInit(): Promise<void> {
    await this.channels.open(this.replica, (envelope, from) => this.guarded(() => this.receive(envelope, from)));
    await this.beat();
    if (!this.beats) this.logger.warn({ msg: 'Redis does not answer: this replica works alone until it does' });
  }

  onApplicationShutdown(): void {
    this.closed = true;
    clearTimeout(this.timer);
    for (const { done } of this.announcements.values()) done();
    this.calls.close();
    this.channels.close();
  }

  async announce<Message, Answer>(topic: Topic<Message, Answer>, message: Message): Promise<readonly Answer[]> {
    if (!this.beats) return []; // the `gap` message later tells the others
    const id = this.nextId();
    return new Promise<readonly Answer[]>((resolve) => {
      const timer = setTimeout(() => announcement.done(), ANNOUNCED_WITHIN_MS);
      const announcement: Announcement = {
        taken: 0,
        answers: [],
        done: () => {
          clearTimeout(timer);
          this.announcements.delete(id);
          resolve(announcement.answers as Answer[]);
        },
      };
      this.announcements.set(id, announcement);
      this.channels.toAll({ kind: 'announce', id, topic: topic.name, body: message }).then(
        (heard) => {
          announcement.expected = heard - 1; // this process receives it, too
          if (announcement.taken >= announcement.expected) announcement.done();
        },
        () => this.lost(),
      );
    });
  }

  onAnnounced<Message, Answer>(
    topic: Topic<Message, Answer>,
    listener: (message: Message) => Answer | void | Promise<Answer | void>,
  ): Unsubscribe {
    return this.announced.add(topic, listener);
  }

  call<Message, Answer, Side, Reply>(
    replica: string,
    topic: Topic<Message, Answer, Side, Reply>,
    message: Message,
    options?: CallOptions<Side, Reply>,
  ): Promise<Answer> {
    return this.calls.call(replica, topic, message, options);
  }

  onCalled<Message, Answer, Side, Reply>(
    topic: Topic<Message, Answer, Side, Reply>,
    handler: CallHandler<Message, Answer, Side, Reply>,
  ): Unsubscribe {
    return this.calls.handle(topic, handler);
  }

  onMissed(listener: () => void): Unsubscribe {
    this.missed.add(listener);
    return () => this.missed.delete(listener);
  }

  /** @throws ReplicaGoneError when no process received the message */
  private async send(replica: string, envelope: Envelope): Promise<void> {
    let heard = 0;
    try {
      heard = await this.channels.to(replica, envelope);
    } catch (cause) {
      this.lost();
      throw new ReplicaGoneError(undefined, { cause });
    }
    if (heard === 0) throw new ReplicaEndedError();
  }

  private receive(envelope: Envelope | undefined, from: string): void {
    switch (envelope?.kind) {
      case 'announce':
        if (from !== this.replica) void this.takeIn(envelope, from);
        return;
      case 'taken':
        return this.takenIn(envelope);
      case 'beat':
        this.beatHeard?.(envelope.id);
        return;
      case 'gap':
        if (from !== this.replica) this.callMissed();
        return;
      case 'ask':
      case 'side':
      case 'reply':
      case 'refused':
      case 'answer':
      case 'failed':
      case 'cancel':
      case 'waiting':
      case 'running':
        return this.calls.receive(envelope, from);
      default:
        this.logger.debug({ msg: 'message ignored: this version does not know it' });
    }
  }

  private async takeIn({ id, topic, body }: Extract<Envelope, { kind: 'announce' }>, from: string): Promise<void> {
    const answers: unknown[] = [];
    for (const result of await Promise.allSettled(this.guarded(() => this.announced.call(topic, body)) ?? [])) {
      if (result.status === 'fulfilled' && result.value !== undefined) answers.push(result.value);
      if (result.status === 'rejected')
        this.logger.warn({ msg: 'failed to apply an announcement', topic, err: result.reason as Error });
    }
    await this.send(from, { kind: 'taken', id, answers }).catch(() => undefined);
  }

  private takenIn({ id, answers }: Extract<Envelope, { kind: 'taken' }>): void {
    const announcement = this.announcements.get(id);
    if (!announcement) return;
    announcement.taken += 1;
    announcement.answers.push(...answers);
    if (announcement.taken === announcement.expected) announcement.done();
  }

  /** Calls a listener. An error that a listener throws must not reach the connection. */
  private guarded<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (err) {
      this.logger.error({ msg: 'a listener failed', err });
      return undefined;
    }
  }

  private async beat(): Promise<void> {
    const id = this.nextId();
    let clear: (() => void) | undefined;
    const heard = await new Promise<boolean>((resolve) => {
      clear = setAwakeTimeout(() => resolve(false), BEAT_MS);
      this.beatHeard = (beat) => beat === id && resolve(true);
      this.send(this.replica, { kind: 'beat', id }).catch(() => resolve(false));
    });
    clear?.();
    if (this.closed) return;
    if (heard && !this.beats) this.found();
    if (!heard) this.noBeat();
    this.timer = setTimeout(() => void this.beat(), BEAT_MS).unref();
  }

  private found(): void {
    this.beats = true;
    this.logger.log({ msg: 'connected to the other replicas', replica: this.replica });
    // This replica has missed the announcements of others, and could not send its own.
    this.callMissed();
    this.channels.toAll({ kind: 'gap' }).catch(() => undefined);
  }

  private noBeat(): void {
    if (this.beats) this.lost();
    else this.callMissed();
    this.channels.reconnect();
  }

  private lost(): void {
    if (!this.beats) return;
    this.beats = false;
    this.logger.warn({ msg: 'the other replicas cannot be reached: Redis does not answer' });
    for (const { done } of this.announcements.values()) done();
    this.calls.lost();
    this.callMissed();
  }

  private callMissed(): void {
    for (const listener of this.missed) this.guarded(listener);
  }

  private nextId(): number {
    this.count += 1;
    return this.count;
  }
}
