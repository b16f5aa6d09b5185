import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, ReplicaGoneError, type Unsubscribe } from '../bus.js';
import { newReplicaId } from '../replica-id.js';
import type { Topic } from '../topic.js';
import type { Envelope } from './envelope.js';
import { Listeners } from './listeners.js';
import type { SealedChannels } from './sealed-channels.js';

/** How long an announcement waits for replicas that do not acknowledge it. */
const ANNOUNCED_WITHIN_MS = 1_000;
/** How often the connections are tried, and for how long a try may take. */
const BEAT_MS = 2_000;
/** How often it is looked whether a replica lives that has been asked. */
const ALIVE_MS = 2_000;

interface Announcement {
  /** Unknown until Redis has said how many heard it. */
  expected?: number;
  taken: number;
  readonly answers: unknown[];
  done(): void;
}

interface Asked {
  resolve(body: unknown): void;
  reject(error: ReplicaGoneError): void;
}

/**
 * Replicas over the publish/subscribe of Redis: one channel for all, and one for each replica. What they say is sealed.
 *
 * Lifecycle: `onModuleInit` connects, or goes on alone and keeps trying; `onApplicationShutdown` closes. A beat to itself shows every two
 * seconds whether messages get through: a cut that no socket has noticed counts, too.
 */
export class RedisBus extends Bus implements OnModuleInit, OnApplicationShutdown {
  readonly replica = newReplicaId();
  readonly isShared = true;
  private readonly logger = new Logger(RedisBus.name);
  private readonly announced = new Listeners();
  private readonly told = new Listeners();
  private readonly handlers = new Map<string, (body: never, from: string) => Promise<unknown>>();
  private readonly missed = new Set<() => void>();
  private readonly announcements = new Map<number, Announcement>();
  private readonly asked = new Map<number, Asked>();
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
    for (const { reject } of this.asked.values()) reject(new ReplicaGoneError('The gateway is shutting down'));
    this.channels.close();
  }

  async announce<Message, Answer>(topic: Topic<Message, Answer>, message: Message): Promise<readonly Answer[]> {
    if (!this.beats) return []; // `gap` makes up for it
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
          announcement.expected = heard - 1; // this process hears it, too
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

  tell<Message>(replica: string, topic: Topic<Message>, message: Message): void {
    this.send(replica, { kind: 'tell', topic: topic.name, body: message }).catch(() => undefined);
  }

  onTold<Message>(topic: Topic<Message>, listener: (message: Message, from: string) => void): Unsubscribe {
    return this.told.add(topic, listener);
  }

  async ask<Message, Answer>(replica: string, topic: Topic<Message, Answer>, message: Message): Promise<Answer> {
    if (replica === this.replica || this.closed) throw new ReplicaGoneError();
    const id = this.nextId();
    let timer: NodeJS.Timeout | undefined;
    const look = (envelope: Envelope): void => {
      this.send(replica, envelope).catch((error: ReplicaGoneError) => this.asked.get(id)?.reject(error));
    };
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.asked.set(id, { resolve: (body) => resolve(body as Answer), reject });
        look({ kind: 'ask', id, topic: topic.name, body: message });
        timer = setInterval(() => look({ kind: 'beat', id: 0 }), ALIVE_MS);
      });
    } finally {
      clearInterval(timer);
      this.asked.delete(id);
    }
  }

  onAsked<Message, Answer>(
    topic: Topic<Message, Answer>,
    handler: (message: Message, from: string) => Promise<Answer>,
  ): Unsubscribe {
    this.handlers.set(topic.name, handler);
    return () => this.handlers.delete(topic.name);
  }

  onMissed(listener: () => void): Unsubscribe {
    this.missed.add(listener);
    return () => this.missed.delete(listener);
  }

  /** @throws ReplicaGoneError when nobody heard it */
  private async send(replica: string, envelope: Envelope): Promise<void> {
    let heard = 0;
    try {
      heard = await this.channels.to(replica, envelope);
    } catch (cause) {
      this.lost();
      throw new ReplicaGoneError(undefined, { cause });
    }
    if (heard === 0) throw new ReplicaGoneError('The replica has ended');
  }

  private receive(envelope: Envelope | undefined, from: string): void {
    switch (envelope?.kind) {
      case 'announce':
        if (from !== this.replica) void this.takeIn(envelope, from);
        return;
      case 'taken':
        return this.takenIn(envelope);
      case 'tell':
        this.told.call(envelope.topic, envelope.body, from);
        return;
      case 'ask':
        void this.answer(envelope, from);
        return;
      case 'answer':
        return this.asked.get(envelope.id)?.resolve(envelope.body);
      case 'failed':
        return this.asked.get(envelope.id)?.reject(new ReplicaGoneError('The replica could not answer'));
      case 'beat':
        this.beatHeard?.(envelope.id);
        return;
      case 'gap':
        if (from !== this.replica) this.callMissed();
        return;
      default:
        this.logger.debug({ msg: 'a message that no replica has sent was ignored' });
    }
  }

  private async takeIn({ id, topic, body }: Extract<Envelope, { kind: 'announce' }>, from: string): Promise<void> {
    const answers: unknown[] = [];
    for (const result of await Promise.allSettled(this.guarded(() => this.announced.call(topic, body, from)) ?? [])) {
      if (result.status === 'fulfilled' && result.value !== undefined) answers.push(result.value);
      if (result.status === 'rejected') this.logger.warn({ msg: 'not taken in', topic, err: result.reason as Error });
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

  private async answer({ id, topic, body }: Extract<Envelope, { kind: 'ask' }>, from: string): Promise<void> {
    let answer: Envelope = { kind: 'failed', id };
    try {
      const handler = this.handlers.get(topic);
      if (handler) answer = { kind: 'answer', id, body: await handler(body as never, from) };
    } catch (err) {
      this.logger.warn({ msg: 'a question of another replica could not be answered', topic, err });
    }
    await this.send(from, answer).catch(() => undefined);
  }

  /** Listeners are others' code: what they throw must not reach the connection. */
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
    let timer: NodeJS.Timeout | undefined;
    const heard = await new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), BEAT_MS);
      this.beatHeard = (beat) => beat === id && resolve(true);
      this.send(this.replica, { kind: 'beat', id }).catch(() => resolve(false));
    });
    clearTimeout(timer);
    if (this.closed) return;
    if (heard && !this.beats) this.found();
    if (!heard) this.noBeat();
    this.timer = setTimeout(() => void this.beat(), BEAT_MS).unref();
  }

  private found(): void {
    this.beats = true;
    this.logger.log({ msg: 'connected to the other replicas', replica: this.replica });
    // What others announced while this one was away, and what it could not announce itself.
    this.callMissed();
    this.channels.toAll({ kind: 'gap' }).catch(() => undefined);
  }

  private noBeat(): void {
    this.lost();
    this.callMissed();
    this.channels.reconnect();
  }

  private lost(): void {
    if (!this.beats) return;
    this.beats = false;
    this.logger.warn({ msg: 'the other replicas cannot be reached: Redis does not answer' });
    for (const { done } of this.announcements.values()) done();
    for (const { reject } of this.asked.values()) reject(new ReplicaGoneError());
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
