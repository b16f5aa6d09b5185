import { Injectable, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '@manifold/config';
import { Bus, type Unsubscribe } from './bus.js';
import type { IncomingCall } from './calls/call.js';
import { BusModule } from './bus.module.js';
import { OnAnnounced, OnCalled, OnMissed } from './on-announced.js';
import { SingleBus } from './single-bus.js';
import { Topic } from './topic.js';

const CHANGED = new Topic<string, string>('subscriptions.changed');
const WANTED = new Topic<string, string>('subscriptions.wanted');

type Heard = (message: unknown, call?: { readonly from: string }) => unknown;

/** Says here what other replicas would. */
class ScriptedBus extends SingleBus implements OnModuleInit {
  readonly events: string[] = [];
  readonly listeners = new Map<string, Heard>();

  async onModuleInit(): Promise<void> {
    await Promise.resolve();
    this.events.push('the bus is connected');
  }

  override onAnnounced(topic?: Topic<never, never, never, never>, listener?: unknown): Unsubscribe {
    return this.add(topic!.name, listener);
  }

  override onCalled(topic?: Topic<never, never, never, never>, listener?: unknown): Unsubscribe {
    return this.add(topic!.name, listener);
  }

  override onMissed(listener?: unknown): Unsubscribe {
    return this.add('missed', listener);
  }

  private add(name: string, listener: unknown): Unsubscribe {
    this.events.push(`subscribed ${name}`);
    this.listeners.set(name, listener as Heard);
    return () => {
      this.events.push(`ended ${name}`);
      this.listeners.delete(name);
    };
  }
}

@Injectable()
class Reader implements OnModuleInit, OnApplicationShutdown {
  private readonly heard: string[] = [];

  constructor(private readonly bus: Bus) {}

  onModuleInit(): void {
    (this.bus as ScriptedBus).events.push('the reader reads');
  }

  onApplicationShutdown(): void {
    (this.bus as ScriptedBus).events.push('the reader closes');
  }

  @OnAnnounced(CHANGED)
  async changed(name: string): Promise<string> {
    this.heard.push(name);
    return this.heard.join(' ');
  }

  @OnCalled(WANTED)
  async wanted(word: string, { from }: IncomingCall): Promise<string> {
    return `${word} ${from} ${this.heard.length}`;
  }

  @OnMissed()
  missed(): void {
    this.heard.length = 0;
  }
}

@Module({ providers: [Reader, { provide: 'alias', useExisting: Reader }, { provide: 'nothing', useValue: null }] })
class ReaderModule {}

describe('methods of providers that take in what other replicas say', () => {
  const start = async () => {
    const bus = new ScriptedBus();
    const app = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(loadConfig({})), BusModule, ReaderModule],
    })
      .overrideProvider(Bus)
      .useValue(bus)
      .compile();
    await app.init();
    return { app, bus };
  };

  it('are called with the instance, and answer', async () => {
    const { app, bus } = await start();
    const { listeners } = bus;
    expect(await listeners.get(CHANGED.name)!('one')).toBe('one');
    expect(await listeners.get(CHANGED.name)!('two')).toBe('one two');
    expect(await listeners.get(WANTED.name)!('who', { from: 'b' })).toBe('who b 2');
    expect(listeners.get('missed')!(undefined)).toBeUndefined();
    expect(await listeners.get(CHANGED.name)!('three')).toBe('three');
    await app.close();
  });

  it('are subscribed once, before the provider reads, and end before it closes', async () => {
    const { app, bus } = await start();
    await app.close();
    const names = [CHANGED.name, WANTED.name, 'missed'];
    expect(bus.events).toEqual([
      'the bus is connected',
      ...names.map((name) => `subscribed ${name}`),
      'the reader reads',
      ...names.map((name) => `ended ${name}`),
      'the reader closes',
    ]);
  });
});
