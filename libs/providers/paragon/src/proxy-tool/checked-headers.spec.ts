import { checkedHeaders } from './checked-headers.js';

describe('the headers of a request that an agent writes', () => {
  it('go out in lower case', () => {
    expect({ ...checkedHeaders({ 'X-Custom': 'a', Accept: 'text/csv', 'If-Match': '"1"' }) }).toEqual({
      'x-custom': 'a',
      accept: 'text/csv',
      'if-match': '"1"',
    });
  });

  it.each([
    'Authorization',
    'AUTHORIZATION',
    'Host',
    'Cookie',
    'X-Paragon-Proxy-Url',
    'x-paragon-credential',
    'X-Forwarded-For',
    'Transfer-Encoding',
    'Content-Length',
    'Connection',
    'Proxy-Authorization',
  ])('cannot be %s', (name) => {
    expect(() => checkedHeaders({ [name]: 'x' })).toThrow(expect.objectContaining({ code: 'invalid_arguments' }));
  });

  it.each([
    ['a b', 'x'],
    ['a:b', 'x'],
    ['', 'x'],
    ['ä', 'x'],
    ['x-a', 'one\r\nauthorization: two'],
    ['x-a', 'a\nb'],
    ['x-a', '\0'],
    ['x-a\r\nhost', 'x'],
  ])('cannot smuggle another one in: %j: %j (threat 20)', (name, value) => {
    expect(() => checkedHeaders({ [name]: value })).toThrow(expect.objectContaining({ code: 'invalid_arguments' }));
  });

  it('do not reach a prototype', () => {
    const checked = checkedHeaders(JSON.parse('{"__proto__":"x"}') as Record<string, string>);
    expect(Object.entries(checked)).toEqual([['__proto__', 'x']]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});
