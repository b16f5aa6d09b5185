import { isExcepted } from './no-proxy.js';

const isIn = (list: string, hostname: string, port = 443): boolean => isExcepted(list, { hostname, port });

describe('NO_PROXY', () => {
  it.each([
    ['*', 'anything.test'],
    ['a.test, corp.test', 'corp.test'],
    ['a.test corp.test', 'corp.test'],
    ['corp.test', 'mcp.corp.test'],
    ['.corp.test', 'mcp.corp.test'],
    ['.corp.test', 'corp.test'],
    ['*.corp.test', 'a.b.corp.test'],
    ['CORP.test', 'corp.test'],
    ['corp.test.', 'corp.test'],
    ['corp.test', 'corp.test.'],
    ['corp.test:443', 'corp.test'],
    ['.corp.test:443', 'mcp.corp.test'],
    ['10.0.0.0/8', '10.1.2.3'],
    ['fd00::/8', 'fd12::1'],
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.2.3:443', '10.1.2.3'],
    ['10.1.2.3', '::ffff:10.1.2.3'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['[::1]:443', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['localhost', 'localhost'],
  ])('%s excepts %s', (list, hostname) => {
    expect(isIn(list, hostname)).toBe(true);
  });

  it.each([
    ['', 'corp.test'],
    [' , ', 'corp.test'],
    ['.', 'corp.test'],
    ['corp.test', 'othercorp.test'],
    ['mcp.corp.test', 'corp.test'],
    ['corp.test:80', 'corp.test'],
    ['10.0.0.0/8', '11.1.2.3'],
    ['10.0.0.0/8', 'fd12::1'],
    ['10.0.0.0/99', '10.1.2.3'],
    ['10.0.0.0/8', 'ten.test'],
    ['1.2.3', '9.1.2.3'],
    ['2.3', '9.1.2.3'],
    ['[::1]:80', '::1'],
    ['127.0.0.1', 'localhost'],
  ])('%s does not except %s', (list, hostname) => {
    expect(isIn(list, hostname)).toBe(false);
  });
});
