import type { ChangeFeed, ChangeTopic } from '../../src/cached/change-feed.js';

type Listener = (message: unknown) => Promise<void>;

/** Feed of one process among several. Each hears the announcements of the others, unless they are lost. */
export class JoinedFeed implements ChangeFeed {
  /** Whether announcements to this process are lost. */
  isCut = false;
  /** The messages that this process has announced. */
  readonly announced: unknown[] = [];
  private readonly listeners = new Set<readonly [topic: string, Listener]>();
  private readonly missedListeners = new Set<() => void>();

  private constructor(private readonly all: JoinedFeed[]) {}

  static pair(): readonly [JoinedFeed, JoinedFeed] {
    const all: JoinedFeed[] = [];
    all.push(new JoinedFeed(all), new JoinedFeed(all));
    return [all[0]!, all[1]!];
  }

  get subscriptions(): number {
    return this.listeners.size + this.missedListeners.size;
  }

  async announce<Message>({ name }: ChangeTopic<Message>, message: Message): Promise<void> {
    this.announced.push(message);
    const others = this.all.filter((feed) => feed !== this && !feed.isCut);
    const heard = others.flatMap(({ listeners }) => [...listeners].filter(([topic]) => topic === name));
    await Promise.allSettled(heard.map(([, listener]) => listener(structuredClone(message))));
  }

  onAnnounced<Message>({ name }: ChangeTopic<Message>, listener: (message: Message) => Promise<void>): () => void {
    const subscription = [name, listener as Listener] as const;
    this.listeners.add(subscription);
    return () => this.listeners.delete(subscription);
  }

  onMissed(listener: () => void): () => void {
    this.missedListeners.add(listener);
    return () => this.missedListeners.delete(listener);
  }

  /** Says that announcements may have been missed. */
  missed(): void {
    for (const listener of this.missedListeners) listener();
  }
}
