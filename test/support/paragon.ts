import { ParagonProject, ParagonSimulator } from '../simulators/paragon/index.js';
import { GatewayProcess } from './gateway-process.js';

/** A gateway in front of a simulated Paragon. */
export interface ParagonGateway {
  readonly gateway: GatewayProcess;
  readonly simulator: ParagonSimulator;
  readonly project: ParagonProject;
  dispose(): Promise<void>;
}

/** @param env more variables of the gateway */
export async function startParagonGateway(env: Readonly<Record<string, string>> = {}): Promise<ParagonGateway> {
  const project = new ParagonProject();
  const simulator = await ParagonSimulator.start(project);
  try {
    const gateway = await GatewayProcess.start({ env: { ...project.settings, ...simulator.settings, ...env } });
    return {
      gateway,
      simulator,
      project,
      dispose: async () => {
        await gateway.dispose();
        await simulator.stop();
      },
    };
  } catch (error) {
    await simulator.stop();
    throw error;
  }
}
