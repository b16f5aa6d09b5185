import fc from '../../../../test/support/fuzz.js';
import { openCall, ProviderError, type RequestableClient, type ServerRequest } from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { ServerUris } from './server-uris.js';

const uris = new ServerUris('s');
const [OWN, PUBLIC] = ['file:///report.txt', 'file:///report.txt#:~:mcp-server=s'];
const [OWN_UI, PUBLIC_UI] = ['ui://app/index.html', 'ui://s/app/index.html'];
const text = { type: 'text', text: `see ${OWN}` };
const link = (uri: string) => ({ type: 'resource_link', uri, name: 'a report', 'x-unknown': OWN });
const embedded = (uri: string) => ({ type: 'resource', resource: { uri, text: OWN, 'x-unknown': 1 } });

describe('the URIs of a server, towards a client that sees several', () => {
  it('are mapped in definitions: nested and flat metadata, icons, resources and templates', () => {
    const definition = (uri: string, ui: string, icon: string) => ({
      ...{ name: 'show', uri, uriTemplate: uri, description: OWN, inputSchema: { $id: OWN } },
      icons: [{ src: icon, sizes: ['any'] }, { src: 'https://example.com/a.svg' }, { src: 'data:,x' }, 5],
      _meta: {
        ui: { resourceUri: ui, visibility: ['app'], csp: { connectDomains: ['https://example.com'] } },
        'ui/resourceUri': ui,
        'openai/outputTemplate': ui,
        'x-unknown': OWN,
      },
    });
    expect(uris.definition(definition(OWN, OWN_UI, 'ui://app/a.svg'))).toEqual(
      definition(PUBLIC, PUBLIC_UI, 'ui://s/app/a.svg'),
    );
  });

  it('are mapped in results of tools, prompts and reads, and in what is sampled', async () => {
    const content = (uri: string) => [text, link(uri), embedded(uri), { type: 'image', data: OWN }];
    const structuredContent = { uri: OWN, links: content(OWN) };
    expect(uris.callResult({ content: content(OWN), structuredContent, uri: OWN })).toEqual({
      ...{ content: content(PUBLIC), structuredContent, uri: OWN },
    });
    const prompt = (uri: string) => ({
      messages: [
        ...content(uri).map((one) => ({ role: 'user', content: one })),
        { role: 'user', content: content(uri) },
      ],
    });
    expect(uris.promptResult(prompt(OWN))).toEqual(prompt(PUBLIC));
    const read = (uri: string) => ({
      contents: [
        { uri, text: OWN },
        { uri: `${uri}`, blob: '' },
      ],
      'x-unknown': OWN,
    });
    expect(uris.readResult(read(OWN))).toEqual(read(PUBLIC));
    const sampling = (uri: string): ServerRequest => ({
      method: 'sampling/createMessage',
      params: {
        messages: [{ role: 'user', content: [text, { type: 'tool_result', toolUseId: '1', content: content(uri) }] }],
        tools: [{ name: 'x', icons: [{ src: uri }] }],
      },
    });
    const asked: unknown[] = [];
    const client: RequestableClient = {
      capabilities: { sampling: {} },
      sessionKey: 'session',
      request: async (requests) => {
        asked.push(requests);
        return { one: { role: 'assistant' }, two: {} };
      },
    };
    const call = openCall({ principal: fixturePrincipal('alice'), requestId: 'r', timeoutMs: 1_000, client });
    const { client: own, signal } = uris.contextOf(call.context);
    expect(own).toMatchObject({ capabilities: { sampling: {} }, sessionKey: 'session' });
    expect(signal).toBe(call.context.signal);
    const answers = await own!.request({ one: sampling(OWN), two: { method: 'roots/list' } });
    expect(answers).toEqual({ one: { role: 'assistant' }, two: {} });
    expect(asked).toEqual([{ one: sampling(PUBLIC), two: { method: 'roots/list' } }]);
    call.close();
  });

  it('come back under the name that the client has used for this resource, and all others under their own', () => {
    const result = uris.usedBy(OWN, OWN).readResult({ contents: [{ uri: OWN }, { uri: OWN_UI }] });
    expect(result).toEqual({ contents: [{ uri: OWN }, { uri: PUBLIC_UI }] });
  });

  it('are named by errors as the client knows them, in the message and anywhere in the data', () => {
    const rpcError = (report: string, page: string) => ({
      ...{ code: -32002, message: `Not found: "${report}", (${page}). See https://example.com/x; not x-${report}` },
      data: { uri: report, hint: `try ${page}!`, more: [1, { uriTemplate: 'note://{id}#:~:mcp-server=s' }, 'memo'] },
    });
    const own = rpcError(OWN, OWN_UI);
    own.data.more[1] = { uriTemplate: 'note://{id}' };
    const error = new ProviderError('upstream_rejected', 'no', { rpcError: own, retryAfter: 5 });
    const shown = rpcError(PUBLIC, PUBLIC_UI);
    expect(uris.error(error)).toMatchObject({ code: 'upstream_rejected', message: 'no', retryAfter: 5 });
    expect((uris.error(error) as ProviderError).rpcError).toEqual({
      ...{ ...shown, message: shown.message.replace(`x-${PUBLIC}`, `x-${OWN}#:~:mcp-server=s`) },
    });
    const named = new ProviderError('timeout', 'x', { rpcError: { code: 1, message: 'https://x/y' } });
    expect(uris.usedBy('https://x/y', 'by the client').error(named)).toMatchObject({
      rpcError: { code: 1, message: 'by the client' },
    });
    const toOpen = { code: -32042, message: `open ${OWN}`, data: { elicitations: [{ url: 'app://connect' }] } };
    const others = [
      new Error(OWN),
      new ProviderError('timeout', OWN),
      new ProviderError('timeout', 'x', { rpcError: { code: 1, message: 'x' } }),
      new ProviderError('upstream_rejected', 'x', { rpcError: toOpen }),
      named,
    ];
    for (const other of others) expect(uris.error(other)).toBe(other);
  });

  it('are found in a text in time that grows no faster than the text', () => {
    const long = 'a'.repeat(200_000);
    for (const message of [long, `${long}://x`, `x://${'.'.repeat(200_000)}`, 'a://'.repeat(50_000)]) {
      const error = new ProviderError('upstream_rejected', 'no', { rpcError: { code: 1, message } });
      expect(uris.error(error)).toBeInstanceOf(ProviderError);
    }
  });

  it('are mapped in progress and log messages, and back in `_meta` of the request', () => {
    const heard: unknown[] = [];
    const [onProgress, onLog] = [(one: unknown) => heard.push(one), (one: unknown) => heard.push(one)];
    const meta = { 'x/about': PUBLIC, 'x/other': 'file:///report.txt#:~:mcp-server=t' };
    const call = openCall({
      ...{ principal: fixturePrincipal('alice'), requestId: 'r', timeoutMs: 1_000 },
      ...{ onProgress, onLog, meta },
    });
    const own = uris.contextOf(call.context);
    own.onProgress!({ progress: 1, message: `reads ${OWN}`, _meta: { 'ui/resourceUri': OWN_UI } });
    own.onLog!({ level: 'info', data: { at: [OWN, 'https://x'] }, logger: OWN });
    const [plain, deep] = [
      { level: 'info', data: 'nothing' },
      { level: 'info', data: nested(10_000) },
    ];
    own.onLog!(plain);
    own.onLog!(deep);
    expect(heard.slice(0, 2)).toEqual([
      { progress: 1, message: `reads ${PUBLIC}`, _meta: { 'ui/resourceUri': PUBLIC_UI } },
      { level: 'info', data: { at: [PUBLIC, 'https://x'] }, logger: OWN },
    ]);
    expect([heard[2] === plain, heard[3] === deep]).toEqual([true, true]);
    expect(own.meta).toEqual({ ...meta, 'x/about': OWN });
    call.close();
  });

  it('are the own ones again in what the client answers, and in its errors', async () => {
    const answer = (link_: string, page: string, value: string) => ({
      sampling: {
        role: 'assistant',
        content: [link(link_), embedded(page), { type: 'tool_use', input: { x: value } }],
      },
      elicitation: { action: 'accept', content: { file: value, other: 'file:///x#:~:mcp-server=t', page: PUBLIC_UI } },
      roots: { roots: [{ uri: value, name: PUBLIC_UI }, { uri: 'file:///home' }] },
    });
    const client = (request: RequestableClient['request']): RequestableClient => ({ capabilities: {}, request });
    const asked = { one: { method: 'roots/list' } };
    const ask = (request: RequestableClient['request']) => {
      const principal = fixturePrincipal('alice');
      const call = openCall({ principal, requestId: 'r', timeoutMs: 1_000, client: client(request) });
      return uris
        .contextOf(call.context)
        .client!.request(asked)
        .finally(() => call.close());
    };
    expect(await ask(async () => answer(PUBLIC, PUBLIC_UI, PUBLIC))).toEqual(answer(OWN, OWN_UI, OWN));
    const refused = new ProviderError('upstream_rejected', 'no', {
      rpcError: { code: -1, message: `no ${PUBLIC_UI}, no file:///x#:~:mcp-server=t`, data: { uri: PUBLIC_UI } },
    });
    await expect(ask(() => Promise.reject(refused))).rejects.toMatchObject({
      rpcError: { code: -1, message: `no ${OWN_UI}, no file:///x#:~:mcp-server=t`, data: { uri: OWN_UI } },
    });
  });

  it('are mapped in the values of a completion that are resources', () => {
    const result = {
      completion: { values: [OWN, 'file:///else', OWN_UI, 5], total: 4 },
      _meta: { ui: { resourceUri: OWN_UI } },
    };
    expect(uris.completionResult(result, (value) => value === OWN || value === OWN_UI)).toEqual({
      completion: { values: [PUBLIC, 'file:///else', OWN_UI, 5], total: 4 },
      _meta: { ui: { resourceUri: PUBLIC_UI } },
    });
  });

  it('reach the server in its own words, wherever the client has copied them, and no URI of another server does', () => {
    const others = [PUBLIC_UI, 'file:///x#:~:mcp-server=t', 'ui://t/s/x', `${PUBLIC} `, OWN, 's', 5, null, true];
    const args = (uri: string) => ({ uri, deep: [{ [PUBLIC]: [uri, ...others] }] });
    expect(uris.ownArguments(args(PUBLIC))).toEqual(args(OWN));
    const unchanged = args('x');
    expect(uris.ownArguments(unchanged)).toBe(unchanged);
    expect(uris.ownArguments(undefined)).toBeUndefined();
  });

  it('leave a message without URIs as it is, without a copy', () => {
    const result = {
      content: [text, { type: 'image', _meta: { x: 1 } }],
      structuredContent: { uri: OWN },
      _meta: { ui: {} },
    };
    expect(uris.callResult(result)).toBe(result);
    expect(uris.promptResult({ messages: [{ role: 'user', content: text }] }).messages).toEqual([
      { role: 'user', content: text },
    ]);
    const definition = { name: 'x', inputSchema: { properties: { uri: {} } }, icons: [{ src: 'https://x' }] };
    expect(uris.definition(definition)).toBe(definition);
    const call = openCall({ principal: fixturePrincipal('alice'), requestId: 'r', timeoutMs: 1_000 });
    expect(uris.contextOf(call.context)).toBe(call.context);
    call.close();
  });

  it('do not disturb what is no message at all', () => {
    const value = fc.jsonValue();
    const block = fc.record(
      {
        type: fc.constantFrom('text', 'resource', 'resource_link', 'tool_result', 5),
        uri: value,
        resource: value,
        content: value,
        _meta: value,
        icons: value,
      },
      { requiredKeys: [] },
    );
    const anything = fc.oneof(value, block, fc.array(block));
    fc.assert(
      fc.property(
        fc.record({ content: anything, messages: anything, contents: anything, _meta: anything }),
        (result) => {
          const before = JSON.stringify(result);
          const mapped = [
            uris.callResult(result),
            uris.promptResult(result),
            uris.readResult(result),
            uris.definition(result),
          ];
          expect(mapped.every((one) => Object.keys(one).length === Object.keys(result).length)).toBe(true);
          expect(JSON.stringify(result)).toBe(before);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

function nested(levels: number): unknown {
  let value: unknown = OWN;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}
