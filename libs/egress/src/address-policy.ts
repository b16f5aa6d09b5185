import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Where clouds serve credentials to whoever asks. Reached only where an entry is this very address. */
const METADATA = new Set(['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', 'fd20:ce::254']);

const HOST = /^(\*\.)?([a-z0-9_-]+\.)*(?!\d+\.?$)[a-z0-9_-]+\.?$/i;

export interface AddressPolicyOptions {
  /** Hosts, `*.suffix` patterns, addresses and CIDRs. */
  readonly allow: readonly string[];
  /** Allows loopback without an entry. */
  readonly allowLoopback: boolean;
}

/** Decides which addresses may be dialled: public ones, and what the operator has named (threats 21 and 22). */
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
   * @param hostname as the URL names it
   * @param address what it stands for: the literal itself, or one resolved address
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

const withoutDot = (host: string): string => host.replace(/\.$/, '');

/** The IPv4 address that packets to an IPv4-mapped or NAT64 address (RFC 6052) end up at; any other address as it is. */
function effectiveAddress(text: string): Address {
  const ip = ipaddr.parse(text);
  if (!(ip instanceof ipaddr.IPv6)) return ip;
  if (ip.isIPv4MappedAddress()) return ip.toIPv4Address();
  if (!ip.match(NAT64, 96)) return ip;
  return new ipaddr.IPv4(ip.toByteArray().slice(12));
}

const NAT64 = ipaddr.IPv6.parse('64:ff9b::');
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');

/** What no registry sets aside. For IPv6 only 2000::/3: `::127.0.0.1` and other relics are in no special range of their own. */
function isPublic(ip: Address): boolean {
  if (ip.range() !== 'unicast') return false;
  return !(ip instanceof ipaddr.IPv6) || ip.match(GLOBAL_UNICAST, 3);
}
