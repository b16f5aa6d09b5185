import { AllowedDomains, isAllowedDomain } from './allowed-domains.js';

describe('The list of allowed domains', () => {
  it.each([
    ['example.com', 'example.com', 443, true],
    ['example.com', 'example.com.', 80, true],
    ['Example.COM', 'example.com', 443, true],
    ['example.com', 'example.com', 8443, false],
    ['example.com', 'www.example.com', 443, false],
    ['example.com', 'badexample.com', 443, false],
    ['example.com:8443', 'example.com', 8443, true],
    ['example.com:8443', 'example.com', 443, false],
    ['*.example.com', 'a.b.example.com', 443, true],
    ['*.example.com', 'example.com', 443, false],
    ['*.example.com', 'badexample.com', 443, false],
    ['*', 'anything.test', 443, true],
    ['*', 'anything.test', 22, false],
    ['*:22', '10.0.0.1', 22, true],
    ['10.0.0.1', '10.0.0.1', 80, true],
    ['[::1]:8080', '::1', 8080, true],
    ['[0:0::1]', '::1', 80, true],
  ])('%s admits %s at port %d: %s', (entry, host, port, isAdmitted) => {
    expect(new AllowedDomains([entry]).permits(host, port)).toBe(isAdmitted);
  });

  it('admits nothing when it is empty', () => {
    expect(new AllowedDomains([]).permits('example.com', 443)).toBe(false);
  });

  it.each([
    ...['', 'a b', 'http://example.com', 'example.com/', 'example.com:0', 'example.com:65536', '*.', '*example.com'],
    ...['a.*.com', '127.1', '2130706433', '::1', 'user@example.com', '.example.com', 'example..com'],
  ])('has no entry "%s"', (entry) => {
    expect(isAllowedDomain(entry)).toBe(false);
    expect(new AllowedDomains([entry]).permits('example.com', 443)).toBe(false);
  });
});
