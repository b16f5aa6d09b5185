import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

describe('The REST routes of tools', () => {
  let gateway: GatewayProcess;
  let rest: RestClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ sampleServer: true });
    rest = new RestClient(gateway.url);
    await rest.register({ name: 'echo.server', ...echoServer() });
    await rest.register({ name: 'off', ...echoServer() });
    await rest.disable('off');
  });

  afterAll(() => gateway.dispose());

  it(cites('rest.tools', 'lists the tools by server, under the names that the server gave them'), async () => {
    const { status, body } = await rest.tools();

    expect({ status, success: body.success }).toEqual({ status: 200, success: true });
    expect(body.tools.map((entry) => Object.keys(entry))).toEqual([['echo.server'], ['everything']]);
    expect(body.tools[0]!['echo.server']).toContainEqual({
      name: 'echo',
      description: 'Answers its message',
      inputSchema: { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] },
    });
    expect(body.tools[1]!['everything']!.map(({ name }) => name)).toContain('get-sum');
  });

  it(cites('rest.tool-call', 'answers what the tool answered, and its kind'), async () => {
    const sum = await rest.callTool({ serverName: 'everything', methodName: 'get-sum', args: { a: 2, b: 40 } });
    const image = await rest.callTool({ serverName: 'everything', methodName: 'get-tiny-image', args: {} });

    expect(sum.status).toBe(200);
    expect(sum.body).toEqual({
      success: true,
      data: { content: [{ type: 'text', text: expect.stringContaining('42') }], contentType: 'text/plain' },
    });
    expect(image.body).toMatchObject({ success: true, data: { contentType: 'application/json' } });
    expect(image.body.data.content).toContainEqual(expect.objectContaining({ type: 'image', mimeType: 'image/png' }));
  });

  it(cites('rest.tool-call.is-error', 'answers 200 to a failure that the tool itself reports'), async () => {
    const { status, body } = await rest.callTool({
      serverName: 'everything',
      methodName: 'get-sum',
      args: { a: 'many' },
    });

    expect({ status, body }).toMatchObject({ status: 200, body: { success: true, data: { isError: true } } });
    expect(JSON.stringify(body.data.content)).toMatch(/invalid/i);
  });

  it.each([
    ['an unknown server', 'nobody', 'server_not_found', 'Server nobody not found'],
    ['a name that only begins like a server', 'echo', 'server_not_found', 'Server echo not found'],
    [
      'a name that only ends behind a server',
      'everything_echo',
      'server_not_found',
      'Server everything_echo not found',
    ],
  ])(
    cites('rest.tool-call.unknown-server-404', 'answers 404 to a call to %s'),
    async (_what, serverName, code, error) => {
      const answer = await rest.callTool({ serverName, methodName: 'echo', args: { message: 'x' } });

      expect(answer).toMatchObject({ status: 404, body: { success: false, code, error } });
    },
  );

  it('answers 404 to a call to a tool that the server does not have', async () => {
    const answer = await rest.callTool({ serverName: 'everything', methodName: 'everything_echo', args: {} });

    expect(answer).toMatchObject({ status: 404, body: { success: false, code: 'tool_not_found' } });
  });

  it(
    cites('rest.tool-call.disabled-409', 'answers 409 to a call to a disabled server, and does not start it'),
    async () => {
      const answer = await rest.callTool({ serverName: 'off', methodName: 'echo', args: { message: 'x' } });

      expect(answer).toMatchObject({ status: 409, body: { success: false, code: 'server_disabled' } });
      expect((await rest.server('off')).body.server).toMatchObject({ status: 'disconnected', enabled: false });
    },
  );
});
