import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';
import type { ConformanceFixture } from './fixture/conformance-fixture.js';

const NAME = 'conformance';

/** The built gateway, for one user who needs no token, with the fixture as its only registered server. */
export class GatewayWithFixture {
  private constructor(private readonly gateway: GatewayProcess) {
    process.on('exit', this.kill);
  }

  /** @throws when the gateway does not start, or does not connect to the fixture */
  static async start(fixture: ConformanceFixture): Promise<GatewayWithFixture> {
    const started = new GatewayWithFixture(await GatewayProcess.start({ env: { LOG_LEVEL: 'warn' } }));
    const rest = new RestClient(started.gateway.url);
    const { body } = await rest.register({ name: NAME, transportType: 'streamable_http', url: fixture.url });
    if (body.server?.status === 'connected') return started;
    const logs = started.gateway.logs();
    await started.stop();
    throw new Error(`The gateway does not connect to the fixture: ${JSON.stringify(body)}\n${logs}`);
  }

  /** The registered server's own endpoint: its tools have no prefix there. */
  get url(): string {
    return `${this.gateway.url}/mcp/servers/${NAME}/mcp`;
  }

  async stop(): Promise<void> {
    process.off('exit', this.kill);
    await this.gateway.dispose();
  }

  /** For an end that nobody foresaw: the gateway must not outlive this process. */
  private readonly kill = () => process.kill(this.gateway.pid, 'SIGKILL');
}
