import { isIP } from 'node:net';
import { ConfigError, type Config } from '@manifold/config';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Addresses at which clouds serve credentials, or configuration with credentials in it, without authentication. They are permitted only if
 * an entry is exactly this address: a name, a pattern or a range never opens them. That some of them are in public ranges changes nothing.
 */
const METADATA = new Set([
  '169.254.169.254', // AWS, Azure, Google, Oracle, OpenStack and others
  'fd00:ec2::254', // AWS
  '169.254.170.2', // AWS: tasks of ECS
  '169.254.170.23', // AWS: pods of EKS
  'fd00:ec2::23', // AWS: pods of EKS
  'fd20:ce::254', // Google
  '168.63.129.16', // Azure
  '100.100.100.200', // Alibaba
  '169.254.0.23', // Tencent
  '192.0.0.192', // Oracle, the older generation
  '169.254.42.42', // Scaleway
  'fd00:42::42', // Scaleway
  'fe80::a9fe:a9fe', // OpenStack
]);

const HOST = /^(\*\.)?([a-z0-9_-]+\.)*(?!\d+\.?$)[a-z0-9_-]+\.?$/i;

/** Names that are not of the public domain name system: without a dot, or below a domain for private networks. */
const PRIVATE_NAME = /^[^.]+$|\.(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa)$/;

/** Names under which clouds serve credentials. As for their addresses, only an entry of exactly this name allows them. */
const METADATA_NAME = /^(?:metadata|instance-data)(?:\.|$)/;

export interface AddressPolicyOptions {
  /** Hosts, `*.suffix` patterns, addresses and CIDRs. */
  readonly allow: readonly string[];
  /** Allows loopback without an entry. */
  readonly allowLoopback: boolean;
}

/** Decides which addresses may be dialled: public ones, and those that the operator has allowed (threats 21 and 22). */
export class AddressPolicy {
  private readonly hosts = new Set<string>();
  private readonly suffixes: string[] = [];
  private readonly addresses = new Set<string>();
  private readonly ranges: [Address, number][] = [];
  private readonly allowLoopback: boolean;
  /** Entries that are neither a host, nor a pattern, nor an address, nor a CIDR. */
  readonly faults: readonly string[];

  constructor({ allow, allowLoopback }: AddressPolicyOptions) {
    this.allowLoopback = allowLoopback;
    this.faults = allow.filter((entry) => !this.learn(entry.toLowerCase()));
  }

  /**
   * @param hostname the host in the URL
   * @param address the address to dial: the literal itself, or one resolved address
   */
  permits(hostname: string, address: string): boolean {
    const ip = effectiveAddress(address);
    const text = ip.toString();
    if (this.addresses.has(text)) return true;
    if (METADATA.has(text)) return false;
    if (isPublic(ip)) return true;
    if (this.allowLoopback && ip.range() === 'loopback') return true;
    if (this.ranges.some(([range, bits]) => range.kind() === ip.kind() && ip.match(range, bits))) return true;
    return this.permitsHost(withoutDot(hostname.toLowerCase()));
  }

  /** Returns whether a name that this machine cannot resolve may be asked of a proxy. Names of private networks need an entry. */
  permitsUnresolved(hostname: string): boolean {
    const host = withoutDot(hostname.toLowerCase());
    if (METADATA_NAME.test(host)) return this.hosts.has(host);
    return this.permitsHost(host) || !PRIVATE_NAME.test(host);
  }

  private permitsHost(host: string): boolean {
    return this.hosts.has(host) || this.suffixes.some((suffix) => host.endsWith(suffix));
  }

  private learn(entry: string): boolean {
    const literal = entry.replace(/^\[(.*)\]$/, '$1');
    if (isIP(literal)) {
      this.addresses.add(effectiveAddress(literal).toString());
      return true;
    }
    if (entry.includes('/')) return this.learnRange(entry);
    if (!HOST.test(entry)) return false;
    if (entry.startsWith('*.')) this.suffixes.push(withoutDot(entry.slice(1)));
    else this.hosts.add(withoutDot(entry));
    return true;
  }

  private learnRange(entry: string): boolean {
    if (!isIP(entry.slice(0, entry.indexOf('/'))) || !ipaddr.isValidCIDR(entry)) return false;
    const [range, bits] = ipaddr.parseCIDR(entry);
    if (bits === (range.kind() === 'ipv4' ? 32 : 128)) this.addresses.add(range.toString());
    else this.ranges.push([range, bits]);
    return true;
  }
}

/** Returns the policy for requests of the gateway. @throws ConfigError */
export const addressPolicyOf = ({
  environment,
  egressAllow,
}: Pick<Config, 'environment' | 'egressAllow'>): AddressPolicy =>
  addressPolicy(egressAllow, environment === 'development');

/**
 * Returns the policy for programs that the gateway starts. Loopback is closed to them also in development, where the gateway itself has a port
 * there that wants no credential. @throws ConfigError
 */
export const addressPolicyForPrograms = ({ egressAllow }: Pick<Config, 'egressAllow'>): AddressPolicy =>
  addressPolicy(egressAllow, false);

function addressPolicy(allow: readonly string[], allowLoopback: boolean): AddressPolicy {
  const policy = new AddressPolicy({ allow, allowLoopback });
  if (policy.faults.length === 0) return policy;
  throw new ConfigError(
    policy.faults.map((entry) => `EGRESS_ALLOW: "${entry}" is not a host, an address or a CIDR; correct or remove it`),
  );
}

const withoutDot = (host: string): string => host.replace(/\.$/, '');

/**
 * Returns the IPv4 address that packets to an IPv4-mapped or NAT64 address (RFC 6052) reach; any other address unchanged, without the zone
 * (`%eth0`) of a link-local one.
 */
function effectiveAddress(text: string): Address {
  const ip = ipaddr.parse(text.replace(/%.*$/, ''));
  if (!(ip instanceof ipaddr.IPv6)) return ip;
  if (ip.isIPv4MappedAddress()) return ip.toIPv4Address();
  if (!ip.match(NAT64, 96)) return ip;
  return new ipaddr.IPv4(ip.toByteArray().slice(12));
}

const NAT64 = ipaddr.IPv6.parse('64:ff9b::');
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');

/**
 * Tells whether an address is public: not reserved in a registry. IPv6 addresses must be in 2000::/3, because `::127.0.0.1` and other
 * obsolete forms are in no special range.
 */
function isPublic(ip: Address): boolean {
  if (ip.range() !== 'unicast') return false;
  return !(ip instanceof ipaddr.IPv6) || ip.match(GLOBAL_UNICAST, 3);
}
