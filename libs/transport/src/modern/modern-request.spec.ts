import { checkModernNotification, checkModernRequest } from './modern-request.js';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const CLIENT = 'io.modelcontextprotocol/clientInfo';
const envelope = { [VERSION]: '2026-07-28', [CAPABILITIES]: {} };
const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'echo' };

const call = (meta: object = envelope, name: unknown = 'echo') => ({
  id: 1,
  method: 'tools/call',
  params: { name, _meta: meta } as Record<string, unknown>,
});
const without = (name: keyof typeof headers) =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

describe('checkModernRequest', () => {
  it.each([
    ['everything that is required', call(), headers],
    ['client information', call({ ...envelope, [CLIENT]: { name: 'a', version: '1' } }), headers],
    ['a name in Base64', call(envelope, 'größe'), { ...headers, 'mcp-name': base64('größe') }],
    ['a call without a name, which the method refuses', call(envelope, 7), headers],
  ])('takes %s', (_title, message, given) => {
    expect(() => checkModernRequest(message, given)).not.toThrow();
  });

  it.each([
    ['no capabilities', call({ [VERSION]: '2026-07-28' }), headers, -32602],
    ['no version', call({ [CAPABILITIES]: {} }), headers, -32602],
    ['a version that is no string', call({ ...envelope, [VERSION]: 1 }), headers, -32602],
    ['capabilities that are no object', call({ ...envelope, [CAPABILITIES]: true }), headers, -32602],
    ['client information without a version', call({ ...envelope, [CLIENT]: { name: 'a' } }), headers, -32602],
    ['another version in the header', call(), { ...headers, 'mcp-protocol-version': '2025-11-25' }, -32020],
    ['no version header', call(), without('mcp-protocol-version'), -32020],
    ['no method header', call(), without('mcp-method'), -32020],
    ['another method in the header', call(), { ...headers, 'mcp-method': 'tools/list' }, -32020],
    ['the method header in another case', call(), { ...headers, 'mcp-method': 'Tools/Call' }, -32020],
    ['no name header', call(), without('mcp-name'), -32020],
    ['another name in the header', call(), { ...headers, 'mcp-name': 'other' }, -32020],
    ['a name header that is not canonical Base64', call(), { ...headers, 'mcp-name': '=?base64?ZWNobw?=' }, -32020],
    [
      'an unsupported version',
      call({ ...envelope, [VERSION]: '2027-01-01' }),
      { ...headers, 'mcp-protocol-version': '2027-01-01' },
      -32022,
    ],
    [
      'a legacy version',
      call({ ...envelope, [VERSION]: '2025-11-25' }),
      { ...headers, 'mcp-protocol-version': '2025-11-25' },
      -32022,
    ],
  ])('refuses %s', (_title, message, given, code) => {
    expect(() => checkModernRequest(message, given)).toThrow(expect.objectContaining({ code, status: 400 }));
  });

  it('says which versions there are', () => {
    const unsupported = call({ ...envelope, [VERSION]: '2027-01-01' });
    const data = { supported: ['2026-07-28'], requested: '2027-01-01' };
    const given = { ...headers, 'mcp-protocol-version': '2027-01-01' };
    expect(() => checkModernRequest(unsupported, given)).toThrow(expect.objectContaining({ data }));
  });
});

describe('checkModernNotification', () => {
  const notification = { method: 'notifications/x', params: {} };

  it('needs neither envelope nor method header', () => {
    expect(() => checkModernNotification(notification, { 'mcp-protocol-version': '2026-07-28' })).not.toThrow();
  });

  it.each([
    ['another method in the header', notification, { 'mcp-method': 'notifications/y' }, -32020],
    [
      'another version in the header',
      { ...notification, params: { _meta: envelope } },
      { 'mcp-protocol-version': '2027-01-01' },
      -32020,
    ],
    ['a version that is no string', { ...notification, params: { _meta: { [VERSION]: 1 } } }, {}, -32602],
  ])('refuses %s', (_title, message, given, code) => {
    expect(() => checkModernNotification(message, given)).toThrow(expect.objectContaining({ code, status: 400 }));
  });
});
