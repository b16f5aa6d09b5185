import { eventually } from '../../../../test/support/eventually.js';
import type { LegacySession } from '../../src/sessions/legacy-session.js';
import { LegacySessions } from '../../src/sessions/legacy-sessions.service.js';
import { TransportStatus } from '../../src/endpoints/transport-status.js';
import { askingTools } from './asking-tools.js';
import { ScriptedTool, type ScriptedCall } from './scripted-tool.js';
import { RelayProvider } from './relay-provider.js';
import { callTool, events, openSession, send, withoutBody, type ServerEvent } from './mcp-wire.js';
import { startTransport, type TransportApp } from './transport-app.js';

const STREAM = { accept: 'text/event-stream' };

export const streamOf = (eventId: string): string => eventId.split('.')[0]!;

/** Returns the progress number of each event, or 'result' for the result. */
export const numbers = (all: readonly ServerEvent[]): unknown[] =>
  all.map(({ data }) => {
    const { params, result } = JSON.parse(data) as { params?: { progress: number }; result?: unknown };
    return result ? 'result' : params!.progress;
  });

/** A connection that a test reads event by event and can break. */
export class Connection {
  private readonly stream: AsyncGenerator<ServerEvent>;

  constructor(
    readonly response: Response,
    private readonly controller: AbortController,
  ) {
    this.stream = events(response);
  }

  async next(): Promise<ServerEvent | undefined> {
    const { value, done } = await this.stream.next();
    return done ? undefined : value;
  }

  /** Returns the next event. @throws Error if the stream has ended */
  async one(): Promise<ServerEvent> {
    const event = await this.next();
    if (!event) throw new Error('The stream has ended');
    return event;
  }

  async take(count: number): Promise<ServerEvent[]> {
    const all: ServerEvent[] = [];
    while (all.length < count) all.push(await this.one());
    return all;
  }

  async rest(): Promise<ServerEvent[]> {
    const all: ServerEvent[] = [];
    for (let event = await this.next(); event; event = await this.next()) all.push(event);
    return all;
  }

  break(): void {
    this.controller.abort();
  }
}

/** A gateway with a scripted tool, a session, and connections to the session's streams. */
export class StreamFixture {
  private constructor(
    public app: TransportApp,
    readonly session: string,
    readonly provider: RelayProvider,
    readonly tool: ScriptedTool,
  ) {}

  static async start(): Promise<StreamFixture> {
    const scripted = new ScriptedTool();
    const tools = { feed: scripted.run, ...askingTools().tools };
    const provider = new RelayProvider({ app: { tools, resources: ['a://1'] } });
    const app = await startTransport({ providers: [provider] });
    return new StreamFixture(app, await openSession(app.url), provider, scripted);
  }

  async restart(): Promise<void> {
    const { dataDir } = this.app;
    await this.app.stop();
    this.app = await startTransport({ providers: [this.provider], dataDir });
  }

  /** Calls the tool. The tool sends a progress message at once, so the response is a stream. */
  async feed(mark: string, session = this.session, id: number | string = 1): Promise<[ScriptedCall, Connection]> {
    const controller = new AbortController();
    const called = this.tool.called(mark);
    const options = { session, signal: controller.signal };
    const answered = send(this.app.url, callTool(id, 'app_feed', { mark }, mark), options);
    const call = await called;
    call.say(1);
    return [call, new Connection(await answered, controller)];
  }

  /** Opens or resumes a stream. @param lastEventId without it, a new stream for messages that belong to no request is opened */
  async resume(lastEventId?: string, session = this.session, user?: string): Promise<Connection> {
    const controller = new AbortController();
    const headers: Record<string, string> = { ...STREAM };
    if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
    const options = { session, headers, user, signal: controller.signal };
    return new Connection(await withoutBody(this.app.url, 'GET', options), controller);
  }

  async left(): Promise<void> {
    await eventually('the connection is gone', () => this.app.get(TransportStatus).streams === 0);
  }

  async callsEnded(): Promise<void> {
    await eventually('the call has ended', () => this.app.get(TransportStatus).callsInFlight === 0);
  }

  get inMemory(): LegacySession {
    return [...this.app.get(LegacySessions).all()].find(({ id }) => id === this.session)!;
  }
}
