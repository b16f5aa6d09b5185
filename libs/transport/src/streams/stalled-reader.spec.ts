import { promisify } from 'node:util';
import { StreamFixture, numbers } from '../../testing/src/stream-fixture.js';
import { callTool, type ServerEvent } from '../../testing/src/mcp-wire.js';
import { stalled } from '../../testing/src/stalled-reader.js';
import { TransportStatus } from '../endpoints/transport-status.js';

const turn = promisify(setImmediate);

describe('a stream whose reader comes back for much', () => {
  let streams: StreamFixture;
  let session: string;

  beforeEach(async () => {
    streams = await StreamFixture.start();
    session = streams.session;
  });
  afterEach(() => streams.app.discard());

  it('comes whole to a reader who was cut off because it had stalled', async () => {
    const [mark, count] = ['x'.repeat(16_000), 1_000];
    const called = streams.tool.called(mark);
    const socket = await stalled(streams.app, session, '/mcp', callTool(1, 'app_feed', { mark }, 'token'));
    const call = await called;
    let said = 0;
    const status = streams.app.get(TransportStatus);
    do call.say((said += 1));
    while ((await turn(), said < count && (said === 1 || status.streams > 0)));
    expect(said).toBeLessThan(count);
    call.end();
    const received = (await socket.resume().toArray()) as Buffer[];
    const all = Buffer.concat(received).toString();
    const whole = all.slice(0, all.lastIndexOf('\n\n'));
    const ids = [...whole.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id!);
    const rest = await (await streams.resume(ids.at(-1))).rest();
    const seen = [...ids.slice(1), ...rest.map(({ id }) => id)].map((id) => Number(id.split('.')[1]));
    expect(seen).toEqual(Array.from({ length: said + 1 }, (_, index) => index + 1));
    expect(numbers(rest.slice(-2))).toEqual([said, 'result']);
  });

  it('brings messages that are larger than what may wait for a reader', async () => {
    const mark = 'x'.repeat(1.1 * 1024 * 1024);
    const [call, first] = await streams.feed(mark);
    const [{ id }] = (await first.take(1)) as [ServerEvent];
    first.break();
    await streams.left();
    call.say(2);
    call.end();
    expect(numbers(await (await streams.resume(id)).rest())).toEqual([2, 'result']);
  });
});
