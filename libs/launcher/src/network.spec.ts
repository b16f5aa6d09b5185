import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { cites } from '../../../test/support/cite.js';
import { possibleModes, launchOf, TestLauncher } from '../testing/src/index.js';
import type { Launch } from './launcher.js';
import type { IsolationMode } from './isolation/isolation.js';
import type { WayOut } from './processes/way-out.js';

const node = (program: string): Pick<Launch, 'command' | 'args'> => ({
  command: process.execPath,
  args: ['-e', program],
});
/** Prints what it reads from a port, or why it cannot connect. */
const connectTo = (port: number | string): string =>
  `require('node:net').connect(${port}, '127.0.0.1').on('data', (text) => console.log(String(text))).on('error', (error) => console.log(error.code))`;

/** Tells each program who it is, as the proxy would know it. */
class TestWayOut implements WayOut {
  readonly listeners: Server[] = [];

  constructor(private readonly name: string) {}

  environment(port?: number): Record<string, string> {
    return { WAY_OUT: String(port ?? 'outside') };
  }

  serve = (listener: Server): void => {
    this.listeners.push(listener);
    listener.on('connection', (socket: Socket) => socket.end(this.name));
  };

  end(): void {
    for (const listener of this.listeners) listener.close();
  }
}

describe('The network of a program', () => {
  let launching: TestLauncher;
  let host: Server;
  const port = (): number => (host.address() as AddressInfo).port;
  const start = async (mode: IsolationMode): Promise<TestLauncher> =>
    (launching = await TestLauncher.start({ SERVER_SANDBOX: mode }));

  beforeAll(async () => {
    host = createServer((socket) => socket.end('of the host'));
    await once(host.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => void host.close());
  afterEach(() => launching.end());

  it.each<IsolationMode>(['none', ...possibleModes])('is enforced in mode bubblewrap alone: mode %s', async (mode) => {
    const { launcher } = await start(mode);
    const refusals = ([undefined, 'none', 'proxy'] as const).map((network) => launcher.refusal('default', network));
    const isEnforced = mode === 'bubblewrap';
    const refused = (network: string) =>
      isEnforced ? undefined : expect.stringMatching(`network "${network}" .* mode ${mode} of SERVER_SANDBOX`);
    expect(refusals).toEqual([undefined, refused('none'), refused('proxy')]);
  });

  it('names the proxy of the gateway where there is no sandbox', async () => {
    await start('none');
    expect(await launching.run({ ...node('console.log(process.env.WAY_OUT)'), network: new TestWayOut('x') })).toBe(
      'outside',
    );
  });

  (possibleModes.includes('bubblewrap') ? describe : describe.skip)('in a sandbox', () => {
    it('is that of the gateway unless told, and else a loopback of its own', async () => {
      await start('bubblewrap');
      expect(await launching.run(node(connectTo(port())))).toBe('of the host');
      expect(await launching.run({ ...node(connectTo(port())), network: 'none' })).toBe('ECONNREFUSED');
      const own = `const server = require('node:net').createServer((socket) => (socket.end('own'), server.close()));
        server.listen(0, '127.0.0.1', () => { const port = server.address().port; ${connectTo('port')} })`;
      expect(await launching.run({ ...node(own), network: 'none' })).toBe('own');
    });

    it(cites('egress.server-network', 'leads to the gateway, which knows the program by its listener'), async () => {
      await start('bubblewrap');
      const ways = ['one', 'other'].map((name) => new TestWayOut(name));
      const program = node(connectTo('Number(process.env.WAY_OUT)'));
      expect(await Promise.all(ways.map((network) => launching.run({ ...program, network })))).toEqual([
        'one',
        'other',
      ]);
      expect(await launching.run({ ...node(connectTo(port())), network: ways[0] })).toBe('ECONNREFUSED');
      for (const way of ways) way.end();
    });

    it('leaves the program neither the channel to the gateway nor its variables', async () => {
      await start('bubblewrap');
      const way = new TestWayOut('x');
      const program = `const fs = require('node:fs');
        const links = fs.readdirSync('/dev/fd').map((fd) => { try { return fs.readlinkSync('/dev/fd/' + fd); } catch { return ''; } });
        console.log(JSON.stringify({ sockets: links.filter((link) => link.startsWith('socket:')).length, channel: process.env.NODE_CHANNEL_FD,
          loader: process.env.LD_LIBRARY_PATH, options: process.env.NODE_OPTIONS, send: typeof process.send }))`;
      const env = { LD_LIBRARY_PATH: '/nowhere', NODE_OPTIONS: '--no-warnings' };
      const said = JSON.parse(await launching.run({ ...node(program), env, network: way })) as unknown;
      // Node gives a child sockets as stdin, stdout and stderr
      expect(said).toEqual({ sockets: 3, loader: '/nowhere', options: '--no-warnings', send: 'undefined' });
      way.end();
    });

    it('is the same for a program that runs to its end and has a channel of its own', async () => {
      await start('bubblewrap');
      const way = new TestWayOut('way out');
      const program = `const channel = new (require('node:net').Socket)({ fd: 3 });
        channel.once('data', (text) => require('node:net').connect(Number(process.env.WAY_OUT), '127.0.0.1')
          .on('data', (found) => channel.end(text + ' ' + found, () => process.exit())))`;
      let said = '';
      const end = await launching.launcher.run(launchOf({ ...node(program), network: way }), {
        signal: new AbortController().signal,
        onOutput: (stream) => stream.resume(),
        onChannel: (channel) => void channel.on('data', (text) => (said += String(text))).write('asked:'),
      });
      expect([end.code, said]).toEqual([0, 'asked: way out']);
      way.end();
    });
  });
});
