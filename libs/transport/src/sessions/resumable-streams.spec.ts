import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../../../test/support/eventually.js';
import { Connection, StreamFixture, numbers, streamOf } from '../../testing/src/stream-fixture.js';
import {
  callTool,
  openSession,
  openSessionWith,
  send,
  withoutBody,
  type ServerEvent,
} from '../../testing/src/mcp-wire.js';
import { startTransport } from '../../testing/src/transport-app.js';
import { EventLog } from '../streams/event-log.js';

const STREAM = { accept: 'text/event-stream' };
const LIST_CHANGED = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });

describe('a stream that was interrupted', () => {
  let streams: StreamFixture;
  let session: string;

  beforeEach(async () => {
    streams = await StreamFixture.start();
    session = streams.session;
  });
  afterEach(() => streams.app.discard());

  it('goes on: what was missed is replayed, then comes what is new, then the result, each once', async () => {
    const [call, first] = await streams.feed('m');
    call.say(2);
    const seen = await first.take(2);
    first.break();
    await streams.left();
    call.say(3);
    call.say(4);
    const second = await streams.resume(seen[1]!.id);
    expect(numbers(await second.take(2))).toEqual([3, 4]);
    call.say(5);
    call.end();
    const rest = await second.rest();
    expect(numbers(rest)).toEqual([5, 'result']);
    expect(numbers(await (await streams.resume(seen[0]!.id)).rest())).toEqual([2, 3, 4, 5, 'result']);
    const ids = [...seen, ...rest].map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
  });

  it('holds the result of a call whose client is away: leaving is not cancelling', async () => {
    const [call, first] = await streams.feed('m');
    const [{ id }] = (await first.take(1)) as [ServerEvent];
    first.break();
    await streams.left();
    expect(call.context.signal.aborted).toBe(false);
    call.end();
    await streams.callsEnded();
    const rest = await (await streams.resume(id)).rest();
    expect(numbers(rest)).toEqual(['result']);
    const nothing = await streams.resume(rest[0]!.id);
    expect(nothing.response.status).toBe(204);
  });

  it('is there after a restart, with everything that it had', async () => {
    const [call, first] = await streams.feed('m');
    const [{ id }] = (await first.take(1)) as [ServerEvent];
    first.break();
    await streams.left();
    call.say(2);
    await pause(400); // written behind, in part
    call.say(3);
    call.end();
    await streams.callsEnded();
    await streams.restart();
    const rest = await (await streams.resume(id)).rest();
    expect(numbers(rest)).toEqual([2, 3, 'result']);
    expect((await streams.resume(rest.at(-1)!.id)).response.status).toBe(204);
  });

  it('has an id to come back with before there is a message, and how long to wait before that', async () => {
    const body = callTool(2, 'app_everything', { mark: 'x' }, 'x');
    const asking = await openSessionWith(streams.app.url, { elicitation: {} });
    const response = await send(streams.app.url, body, { session: asking });
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toMatch(/^id: a[\w-]{12}-\w+\.0\nretry: \d+\ndata: \n\n/);
    await reader.cancel();
    await withoutBody(streams.app.url, 'DELETE', { session: asking });
    const old = await openSession(streams.app.url, 'alice', '2025-06-18');
    const [call, plain] = await streams.feed('old', old);
    expect(await plain.next()).toMatchObject({ id: expect.stringMatching(/^a[\w-]{12}-\w+\.1$/) });
    plain.break();
    call.end();
  });

  it('does not make a stream of an answer that needs none', async () => {
    const called = streams.tool.called('m');
    const answered = send(streams.app.url, callTool(1, 'app_feed', { mark: 'm' }), { session });
    (await called).end();
    expect((await answered).headers.get('content-type')).toBe('application/json');
  });

  it('gets nothing of any other stream: of its session, of another session, of another user', async () => {
    const other = await openSession(streams.app.url);
    const bobs = await openSession(streams.app.url, 'bob');
    const standing = await streams.resume();
    const [[one, first], [two, second], [three, foreign]] = await Promise.all([
      streams.feed('one', session, 1),
      streams.feed('two', session, 2),
      streams.feed('other', other, 1),
    ]);
    const [{ id }] = (await first.take(1)) as [ServerEvent];
    const [{ id: foreignId }] = (await foreign.take(1)) as [ServerEvent];
    first.break();
    one.say(2);
    two.say(2);
    two.end();
    streams.provider.announce('tools');
    expect((await standing.next())!.data).toBe(LIST_CHANGED);
    expect(numbers(await second.rest())).toEqual([1, 2, 'result']);
    one.end();
    const replayed = await (await streams.resume(id)).rest();
    expect(replayed.every(({ data }) => data.includes('"one"'))).toBe(true);
    expect(numbers(replayed)).toEqual([2, 'result']);
    expect((await streams.resume(foreignId)).response.status).toBe(400);
    const headers = { ...STREAM, 'last-event-id': id };
    expect((await withoutBody(streams.app.url, 'GET', { session: bobs, user: 'bob', headers })).status).toBe(400);
    expect((await withoutBody(streams.app.url, 'GET', { session, user: 'bob', headers })).status).toBe(404);
    foreign.break();
    three.end();
    standing.break();
  });

  it.each([
    'x',
    '',
    '0',
    'a.1',
    `a${'A'.repeat(12)}-1.x`,
    `a${'A'.repeat(12)}-1.-1`,
    `a${'A'.repeat(12)}-1.1`,
    `b${'A'.repeat(12)}-1.1`,
    `a${'A'.repeat(12)}.1`,
  ])('is not found by an id that was never given out: %j', async (id) => {
    const response = await withoutBody(streams.app.url, 'GET', {
      session,
      headers: { ...STREAM, 'last-event-id': id },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32600 } });
  });

  it('is taken over by whoever comes back, also before the old connection is known to be gone', async () => {
    const [call, first] = await streams.feed('m');
    const [{ id }] = (await first.take(1)) as [ServerEvent];
    const second = await streams.resume(id);
    call.say(2);
    call.end();
    expect(numbers(await second.rest())).toEqual([2, 'result']);
    expect(await first.rest()).toEqual([]);
  });

  it('brings the server request that was sent meanwhile, and its answer still counts', async () => {
    const asking = await openSessionWith(streams.app.url, { elicitation: {} });
    const controller = new AbortController();
    const body = callTool(1, 'app_askTwice');
    const first = new Connection(
      await send(streams.app.url, body, { session: asking, signal: controller.signal }),
      controller,
    );
    const asked = (await first.next())!;
    first.break();
    await streams.left();
    const answer = (event: ServerEvent, n: number) => {
      const { id } = JSON.parse(event.data) as { id: string };
      return send(streams.app.url, { jsonrpc: '2.0', id, result: { n } }, { session: asking });
    };
    await answer(asked, 1);
    const second = await streams.resume(asked.id, asking);
    await answer((await second.next())!, 2);
    const [result] = await second.rest();
    expect(result!.data).toContain(JSON.stringify(JSON.stringify([{ step: { n: 1 } }, { step: { n: 2 } }])));
  });

  it('can be asked for again, as long as it is not known to have ended', async () => {
    const [call, first] = await streams.feed('m');
    const [{ id }] = (await first.take(1)) as [ServerEvent];
    first.break();
    await eventually(
      'it is written',
      () => streams.app.get(EventLog).inMemory(streams.inMemory, streamOf(id)).length === 0,
    );
    // Another process on the same data knows what has been written, and no more.
    const other = await startTransport({ providers: [streams.provider], dataDir: streams.app.dataDir });
    const ask = async (lastEventId: string): Promise<string> => {
      const headers = { ...STREAM, 'last-event-id': lastEventId };
      return (await withoutBody(other.url, 'GET', { session, headers })).text();
    };
    expect(await ask(id)).toBe('retry: 1000\n\n');
    call.end();
    await eventually('it is written', async () => (await ask(id)).includes('"result"'));
    expect(await ask(id.replace('.1', '.0'))).toMatch(
      /^id: \S+\.1\n.*\n.*"progress":1.*\n\nid: \S+\.2\n.*\n.*"result".*\n\n$/,
    );
    await other.stop();
  });

  it('is forgotten with its session', async () => {
    const [call, first] = await streams.feed('m');
    const [{ id }] = (await first.take(1)) as [ServerEvent];
    first.break();
    const [log, ended] = [streams.app.get(EventLog), streams.inMemory];
    await eventually('it is written', () => log.inMemory(ended, streamOf(id)).length === 0);
    expect(await log.inStore(ended, streamOf(id))).toHaveLength(1);
    await withoutBody(streams.app.url, 'DELETE', { session });
    expect(call.context.signal.aborted).toBe(true);
    expect(await log.inStore(ended, streamOf(id))).toEqual([]);
    expect(log.inMemory(ended, streamOf(id))).toEqual([]);
  });

  it('loses nothing and repeats nothing, however often and wherever 20 streams at a time break', async () => {
    const MESSAGES = 40;
    const run = async (index: number): Promise<void> => {
      const mark = `mark-${index}`;
      const [call, first] = await streams.feed(mark, session, index);
      const speaking = (async () => {
        for (let progress = 2; progress <= MESSAGES; progress += 1) {
          call.say(progress);
          if (progress % 7 === index % 7) await pause(1);
        }
        call.end();
      })();
      const seen: ServerEvent[] = [];
      let connection = first;
      for (let turn = 1; !seen.at(-1)?.data.includes('"result"'); turn += 1) {
        for (let count = 0; count < 5 + ((index * turn) % 11); count += 1) {
          const event = await connection.next();
          if (!event) break;
          seen.push(event);
        }
        if (seen.at(-1)!.data.includes('"result"')) break;
        connection.break();
        connection = await streams.resume(seen.at(-1)!.id);
      }
      await speaking;
      const expected = [...Array.from({ length: MESSAGES }, (_, step) => step + 1), 'result'];
      expect(numbers(seen)).toEqual(expected);
      expect(seen.every(({ data }) => data.includes(mark))).toBe(true);
      connection.break();
    };
    await Promise.all(Array.from({ length: 20 }, (_, index) => run(index)));
  });
});
