import { GatewayProcess } from '../support/gateway-process.js';

/** One of the scenarios compares it. The suite never fetches it. */
const METADATA_URL = 'https://conformance-test.local/client-metadata.json';

/** The built gateway, for one user who needs no token, with no server yet: the suite brings them. */
export class GatewayAsClient {
  private constructor(private readonly gateway: GatewayProcess) {
    process.on('exit', this.kill);
  }

  static async start(): Promise<GatewayAsClient> {
    const env = { LOG_LEVEL: 'warn', OAUTH_CLIENT_METADATA_URL: METADATA_URL };
    return new GatewayAsClient(await GatewayProcess.start({ env }));
  }

  get url(): string {
    return this.gateway.url;
  }

  async stop(): Promise<void> {
    process.off('exit', this.kill);
    await this.gateway.dispose();
  }

  /** For an end that nobody foresaw: the gateway must not outlive this process. */
  private readonly kill = () => process.kill(this.gateway.pid, 'SIGKILL');
}
