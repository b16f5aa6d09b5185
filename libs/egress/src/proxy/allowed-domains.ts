import { isIP } from 'node:net';

/** Ports that an entry without a port opens. */
const WEB = [80, 443];
const ENTRY = /^(\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i;

interface Entry {
  readonly host: string;
  readonly ports: readonly number[];
}

/**
 * The hosts that a program may reach: `example.com`, `*.example.com` (names below it), an address or `*`, each with an optional port.
 * Without one, ports 80 and 443 are meant. The address policy applies besides.
 */
export class AllowedDomains {
  private readonly entries: readonly Entry[];

  constructor(entries: readonly string[]) {
    this.entries = entries.map(parsed).filter((entry) => entry !== undefined);
  }

  /** @param hostname as `URL` writes it, without the brackets of IPv6 */
  permits(hostname: string, port: number): boolean {
    const name = hostname.replace(/\.$/, '');
    return this.entries.some(({ host, ports }) => ports.includes(port) && fits(host, name));
  }
}

/** Returns whether a text is an entry of a list of allowed domains. */
export const isAllowedDomain = (text: string): boolean => parsed(text) !== undefined;

function parsed(text: string): Entry | undefined {
  const [, host, port] = ENTRY.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined;
  const ports = port === undefined ? WEB : [Number(port)];
  if (host.startsWith('*')) return { host: host.toLowerCase(), ports };
  // An entry has the form in which targets are compared with it. A name that ends with a number is an address or none (WHATWG URL).
  const canonical = URL.parse(`http://${host}`)?.hostname.replace(/^\[(.*)\]$/, '$1');
  if (canonical === undefined || (isIP(canonical) === 4 && canonical !== host)) return undefined;
  return { host: canonical, ports };
}

function fits(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) && isIP(name) === 0 : name === pattern;
}
