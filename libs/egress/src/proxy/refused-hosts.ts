const CLIENTS_KEPT = 1000;
const HOSTS_OF_CLIENT = 100;

/** The hosts whose refusal has been logged. Both numbers are bounded: programs choose the hosts. */
export class RefusedHosts {
  private readonly clients = new Map<string, Set<string>>();

  /** Returns whether to log the refusal. If a client has very many hosts, only the first ones are logged. */
  isNew(client: string, host: string): boolean {
    const hosts = this.clients.get(client) ?? new Set();
    if (hosts.has(host) || hosts.size >= HOSTS_OF_CLIENT) return false;
    hosts.add(host);
    this.clients.set(client, hosts);
    const [oldest] = this.clients.keys();
    if (this.clients.size > CLIENTS_KEPT) this.clients.delete(oldest!);
    return true;
  }
}
