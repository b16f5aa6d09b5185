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

  it('are named by errors as the client knows them', () => {
    const rpcError = (uri: string) => ({ code: -32002, message: 'Resource not found', data: { uri, more: 1 } });
    const error = new ProviderError('upstream_rejected', 'no', { rpcError: rpcError(OWN), retryAfter: 5 });
    expect(uris.error(error)).toMatchObject({ code: 'upstream_rejected', retryAfter: 5, rpcError: rpcError(PUBLIC) });
    const others = [
      new Error('x'),
      new ProviderError('timeout', 'x'),
      new ProviderError('timeout', 'x', { rpcError: { code: 1, message: 'x' } }),
    ];
    for (const other of others) expect(uris.error(other)).toBe(other);
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
