import { AddressPolicy } from './address-policy.js';

const strict = new AddressPolicy({ allow: [], allowLoopback: false });
const allowing = (...allow: string[]) => new AddressPolicy({ allow, allowLoopback: false });

describe('AddressPolicy', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '2606:4700:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
  ])('permits the public address %s', (address) => expect(strict.permits('host', address)).toBe(true));

  it.each([
    ...[
      '0.0.0.0',
      '0.1.2.3',
      '127.0.0.1',
      '127.255.255.254',
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
    ],
    ...['169.254.1.1', '169.254.169.254', '100.64.0.1', '100.127.255.255', '192.0.0.8', '192.0.2.1', '198.18.0.1'],
    ...['198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      'fe80::1',
      'fe80::1%eth0',
      'fec0::1',
      'fc00::1',
      'fd12:3456::1',
      'ff02::1',
      '100::1',
      '2001:db8::1',
    ],
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:0:127.0.0.1', '::127.0.0.1', '::10.0.0.1'],
    ...['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1', '2002:7f00:1::', '2002:808:808::1', '2001::1'],
  ])('refuses the address %s, which is not public', (address) => expect(strict.permits('host', address)).toBe(false));

  it('permits private addresses of a range that the operator named, in every notation of them', () => {
    const policy = allowing('10.1.0.0/16', 'fd00:1::/32');
    expect(policy.permits('host', '10.1.2.3')).toBe(true);
    expect(policy.permits('host', '::ffff:10.1.2.3')).toBe(true);
    expect(policy.permits('host', 'fd00:1::5')).toBe(true);
    expect(policy.permits('host', '10.2.0.1')).toBe(false);
    expect(policy.permits('host', 'fd00:2::5')).toBe(false);
  });

  it('permits whatever a named host resolves to, and nothing under a name that only resembles it', () => {
    const policy = allowing('Db.Internal', '*.svc.cluster.local');
    for (const host of ['db.internal', 'DB.INTERNAL.', 'a.svc.cluster.local', 'a.b.svc.cluster.local']) {
      expect([host, policy.permits(host, '10.0.0.1')]).toEqual([host, true]);
    }
    for (const host of [
      'xdb.internal',
      'db.internal.evil.com',
      'svc.cluster.local',
      'evilsvc.cluster.local',
      '10.0.0.1',
    ]) {
      expect([host, policy.permits(host, '10.0.0.1')]).toEqual([host, false]);
    }
  });

  it('keeps the credential services of clouds out of reach of names and ranges', () => {
    const policy = allowing('metadata.internal', '169.254.0.0/16', '100.64.0.0/10', 'fd00::/8');
    expect(policy.permits('metadata.internal', '169.254.169.254')).toBe(false);
    expect(policy.permits('metadata.internal', '64:ff9b::a9fe:a9fe')).toBe(false);
    expect(policy.permits('metadata.internal', 'fd00:ec2::254')).toBe(false);
    expect(policy.permits('metadata.internal', 'fd00:0ec2:0::0254')).toBe(false);
    expect(policy.permits('metadata.internal', '169.254.1.1')).toBe(true);
  });

  it.each([
    ...['168.63.129.16', '169.254.170.2', '169.254.170.23', '169.254.0.23', '169.254.42.42', '192.0.0.192'],
    ...['100.100.100.200', 'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254', 'fd00:42::42', 'fe80::a9fe:a9fe%eth0'],
    ...['::ffff:168.63.129.16', '64:ff9b::a83f:8110'],
  ])('keeps %s out of reach of everything but an entry for exactly this address', (address) => {
    const broad = allowing('metadata.google.internal', '*.internal', '0.0.0.0/0', '::/0', '168.63.129.0/24');
    expect(broad.faults).toEqual([]);
    expect(broad.permits('metadata.google.internal', address)).toBe(false);
    expect(strict.permits('host', address)).toBe(false);
    expect(allowing(address).permits('host', address)).toBe(true);
    expect(broad.permits('host', '169.254.1.1')).toBe(true);
  });

  it.each(['169.254.169.254', '169.254.169.254/32'])('opens a credential service for the entry %s', (entry) => {
    expect(allowing(entry).permits('host', '169.254.169.254')).toBe(true);
    expect(allowing(entry).permits('host', '169.254.169.253')).toBe(false);
  });

  it('permits loopback where it is told to, and only that', () => {
    const policy = new AddressPolicy({ allow: [], allowLoopback: true });
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].every((address) => policy.permits('localhost', address))).toBe(
      true,
    );
    expect(['10.0.0.1', '0.0.0.0', '::'].some((address) => policy.permits('localhost', address))).toBe(false);
  });

  it('names the entries that it cannot read', () => {
    const bad = [
      '10.0.0.0/33',
      '10.0.0/8',
      '*',
      '*.',
      'a..b',
      'http://host',
      'host:80',
      'a*b',
      '999.1.1.1',
      '1.2.3',
      '/8',
    ];
    expect(allowing(...bad, 'good.host', '[::1]', '10.0.0.0/8').faults).toEqual(bad);
  });

  it.each([
    [[], 'mcp.example.com', true],
    [[], 'intranet', false],
    [['intranet'], 'intranet', true],
    [['*.internal'], 'tools.internal', true],
    [['*.internal'], 'metadata.google.internal', false],
    [['*.internal'], 'METADATA.google.internal.', false],
    [['metadata.google.internal'], 'metadata.google.internal', true],
    [[], 'instance-data', false],
  ])('with %j says of a name that only a proxy resolves, %s: %s', (allow, name, expected) => {
    expect(allowing(...allow).permitsUnresolved(name)).toBe(expected);
  });
});
