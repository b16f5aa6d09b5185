import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { ProxyTarget } from './proxy-target.js';

/**
 * Returns whether NO_PROXY excepts a target. Entries are separated by commas or spaces: `*`; a name, with or without a dot or `*.` before it,
 * which stands for itself and all names below it; an address; a CIDR for addresses. A port may follow a name or an address.
 */
export const isExcepted = (list: string, target: Pick<ProxyTarget, 'hostname' | 'port'>): boolean =>
  list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && fits(entry, target));

function fits(entry: string, { hostname, port }: Pick<ProxyTarget, 'hostname' | 'port'>): boolean {
  if (entry === '*') return true;
  const host = hostname.replace(/\.$/, '');
  if (entry.includes('/')) return isIP(host) !== 0 && isInRange(host, entry);
  const [, name, only] = /^(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (name === undefined || (only !== undefined && Number(only) !== port)) return false;
  const plain = name.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (isIP(plain) !== 0)
    return isIP(host) !== 0 && ipaddr.process(plain).toString() === ipaddr.process(host).toString();
  const domain = plain.replace(/^\*?\./, '');
  return domain !== '' && isIP(host) === 0 && (host === domain || host.endsWith(`.${domain}`));
}

function isInRange(address: string, cidr: string): boolean {
  if (!ipaddr.isValidCIDR(cidr)) return false;
  const [range, bits] = ipaddr.parseCIDR(cidr);
  const ip = ipaddr.process(address);
  return ip.kind() === range.kind() && ip.match(range, bits);
}
