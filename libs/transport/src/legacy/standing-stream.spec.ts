import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../../../test/support/eventually.js';
import { StreamFixture } from '../../testing/src/stream-fixture.js';
import { request, send } from '../../testing/src/mcp-wire.js';
import { EVENTS_KEPT_MS } from '../streams/event-records.js';
import { SessionUpkeep } from '../sessions/session-upkeep.js';

const LIST_CHANGED = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });

describe('the standing stream of a session, interrupted', () => {
  let streams: StreamFixture;
  let session: string;

  beforeEach(async () => {
    streams = await StreamFixture.start();
    session = streams.session;
  });
  afterEach(() => streams.app.discard());

  it('is told what happened meanwhile, and goes on', async () => {
    const first = await streams.resume();
    await send(streams.app.url, request(1, 'resources/subscribe', { uri: 'a://1' }), { session });
    streams.provider.announce('tools');
    const { id, data } = (await first.next())!;
    expect([id, data]).toEqual([expect.stringMatching(/^s[\w-]{12}-\w+\.1$/), LIST_CHANGED]);
    first.break();
    await streams.left();
    streams.provider.update('app', 'a://1');
    streams.provider.update('app', 'a://1', { second: true });
    const second = await streams.resume(id);
    expect((await second.take(2)).map((event) => JSON.parse(event.data) as object)).toMatchObject([
      { params: { uri: 'a://1' } },
      { params: { second: true } },
    ]);
    streams.provider.update('app', 'a://1', { third: true });
    const third = (await second.next())!;
    expect(third).toMatchObject({ id: id.replace('.1', '.4'), data: expect.stringContaining('third') });
    second.break();
  });

  it('is told after a restart what it had missed before', async () => {
    const first = await streams.resume();
    await send(streams.app.url, request(1, 'resources/subscribe', { uri: 'a://1' }), { session });
    streams.provider.announce('tools');
    const { id } = (await first.next())!;
    first.break();
    await streams.left();
    streams.provider.update('app', 'a://1', { missed: true });
    await streams.restart();
    const second = await streams.resume(id);
    expect((await second.next())!.data).toContain('missed');
    await eventually('it is followed again', () => streams.provider.subscribed.size > 0);
    streams.provider.update('app', 'a://1', { live: true });
    expect(await second.next()).toMatchObject({ id: id.replace('.1', '.3'), data: expect.stringContaining('live') });
    second.break();
  });

  it('gives way to a new one, which is told nothing of before', async () => {
    const first = await streams.resume();
    streams.provider.announce('tools');
    await first.next();
    first.break();
    await streams.left();
    streams.provider.announce('prompts');
    await pause(100); // the announcement of changes is gathered
    const second = await streams.resume();
    streams.provider.announce('resources');
    expect((await second.next())!.data).toContain('resources/list_changed');
    second.break();
  });

  it('is kept for minutes, and ends when nobody has come back for it', async () => {
    const standing = await streams.resume();
    standing.break();
    await streams.left();
    const { stream } = streams.inMemory;
    const upkeep = streams.app.get(SessionUpkeep);
    await upkeep.run(Date.now() + EVENTS_KEPT_MS - 5_000);
    expect(streams.inMemory.stream).toBe(stream);
    await upkeep.run(Date.now() + EVENTS_KEPT_MS + 1_000);
    expect(streams.inMemory.stream).toBeUndefined();
  });
});
