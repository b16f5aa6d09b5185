import { headersFor, headerValue, paramHeadersOf, requestHeaders } from './param-headers.js';

const SCHEMA = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    count: { type: 'integer', 'x-mcp-header': 'Count' },
    ratio: { type: 'number', 'x-mcp-header': 'Ratio' },
    broken: { type: 'string', 'x-mcp-header': 'two words' },
    inner: { type: 'object', properties: { dry: { type: 'boolean', 'x-mcp-header': 'Dry-Run' } } },
    list: { type: 'array', items: { type: 'string', 'x-mcp-header': 'Item' } },
  },
};

describe('the headers in which parameters are repeated', () => {
  const wanted = paramHeadersOf(SCHEMA);

  it('are those of primitive parameters that a chain of properties leads to', () => {
    expect(wanted.map(({ header }) => header)).toEqual(['Mcp-Param-Region', 'Mcp-Param-Count', 'Mcp-Param-Dry-Run']);
    expect(paramHeadersOf(undefined)).toEqual([]);
  });

  it('hold what the call brings, and leave out what it does not', () => {
    expect(headersFor(wanted, { region: 'eu', count: 0, inner: { dry: false }, ratio: 1 })).toEqual({
      'Mcp-Param-Region': 'eu',
      'Mcp-Param-Count': '0',
      'Mcp-Param-Dry-Run': 'false',
    });
    expect(headersFor(wanted, { region: null, inner: 'x' })).toEqual({});
  });

  it.each([
    ['plain words', 'plain words'],
    ['', '=?base64??='],
    [' padded', '=?base64?IHBhZGRlZA==?='],
    ['line\r\nX-Evil: 1', '=?base64?bGluZQ0KWC1FdmlsOiAx?='],
    ['grün', '=?base64?Z3LDvG4=?='],
    ['=?base64?eA==?=', '=?base64?PT9iYXNlNjQ/ZUE9PT89?='],
  ])('hold %j as %s', (value, header) => {
    expect(headerValue(value)).toBe(header);
  });

  it('name the method, and what it is about', () => {
    expect(requestHeaders('tools/call', { name: 'x' })).toEqual({ 'Mcp-Method': 'tools/call', 'Mcp-Name': 'x' });
    expect(requestHeaders('resources/read', { uri: 'a://b' })).toMatchObject({ 'Mcp-Name': 'a://b' });
    expect(requestHeaders('tools/list', { name: 'x' })).toEqual({ 'Mcp-Method': 'tools/list' });
  });
});
