import fc from '../../../../test/support/fuzz.js';
import { errorMessage, notificationMessage, readMessage, resultMessage } from './json-rpc.js';

describe('readMessage', () => {
  it.each([
    ['request', { jsonrpc: '2.0', id: 1, method: 'ping' }],
    ['request', { jsonrpc: '2.0', id: '1', method: 'ping', params: {} }],
    ['request', { jsonrpc: '2.0', id: 0, method: '' }],
    ['notification', { jsonrpc: '2.0', method: 'notifications/initialized' }],
    ['response', { jsonrpc: '2.0', id: 1, result: {} }],
    ['response', { jsonrpc: '2.0', id: 'a', error: { code: 1, message: '' } }],
  ])('takes a %s', (kind, value) => {
    expect(readMessage(value).kind).toBe(kind);
  });

  it.each([
    ['no object', 7],
    ['null', null],
    ['an array', [{ jsonrpc: '2.0', id: 1, method: 'ping' }]],
    ['no version', { id: 1, method: 'ping' }],
    ['another version', { jsonrpc: '1.0', id: 1, method: 'ping' }],
    ['a null id', { jsonrpc: '2.0', id: null, method: 'ping' }],
    ['an object as id', { jsonrpc: '2.0', id: {}, method: 'ping' }],
    ['an id that JSON cannot write', { jsonrpc: '2.0', id: Number.POSITIVE_INFINITY, method: 'ping' }],
    ['a method that is no string', { jsonrpc: '2.0', id: 1, method: 1 }],
    ['positional params', { jsonrpc: '2.0', id: 1, method: 'ping', params: [1] }],
    ['a result without id', { jsonrpc: '2.0', result: {} }],
    ['a result and an error', { jsonrpc: '2.0', id: 1, result: {}, error: {} }],
    ['neither a result nor an error', { jsonrpc: '2.0', id: 1, result: null, error: null }],
    ['nothing but an id', { jsonrpc: '2.0', id: 1 }],
  ])('refuses %s', (_title, value) => {
    expect(readMessage(value).kind).toBe('invalid');
  });

  it.each([
    [{ result: {}, error: null }, { result: {} }],
    [{ result: null, error: { code: 1, message: 'x' } }, { error: { code: 1, message: 'x' } }],
  ])('judges the response %j by its member that is not null', (members, kept) => {
    const envelope = { jsonrpc: '2.0', id: 1 };
    expect(readMessage({ ...envelope, ...members })).toEqual({ kind: 'response', response: { ...envelope, ...kept } });
  });

  it.each([
    ['tools/list', [], undefined],
    ['tools/list', { cursor: '' }, {}],
    ['tools/list', { cursor: 'a' }, { cursor: 'a' }],
    ['tools/call', { name: 'a', arguments: [], _meta: [] }, { name: 'a', arguments: {}, _meta: {} }],
    ['tools/call', { name: '', arguments: [1] }, { name: '', arguments: [1] }],
    ['tools/call', { name: 'a', arguments: { cursor: '', a: [] } }, { name: 'a', arguments: { cursor: '', a: [] } }],
    ['initialize', { capabilities: [] }, { capabilities: {} }],
    ['tools/call', { requestState: null, cursor: '' }, { requestState: null }],
  ])('reads the params of %s, %j, as %j', (method, params, meant) => {
    const message = readMessage({ jsonrpc: '2.0', id: 1, method, params });
    expect(message.kind === 'request' && message.request.params).toEqual(meant);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void readMessage(value)));
  });
});

describe('messages on the wire', () => {
  it('are JSON on one line, whatever the id and the text hold', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer()), fc.string(), (id, text) => {
        const result = resultMessage(id, JSON.stringify({ text }));
        const failure = errorMessage(id, { code: -32603, message: text });
        const notification = notificationMessage('notifications/message', { data: text });
        expect(JSON.parse(String(result))).toEqual({ jsonrpc: '2.0', id, result: { text } });
        expect(JSON.parse(failure)).toEqual({ jsonrpc: '2.0', id, error: { code: -32603, message: text } });
        expect(`${result}${failure}${notification}`).not.toMatch(/[\r\n]/);
      }),
    );
  });
});
