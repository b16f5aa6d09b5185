import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { BusModule } from '@manifold/bus';
import { ConfigModule, loadConfig } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { StoreModule } from '@manifold/store';
import { ParagonProject, ParagonSimulator } from '../../../../../test/simulators/paragon/index.js';
import { ParagonModule } from '../../src/paragon.module.js';
import { ParagonProvider } from '../../src/paragon.provider.js';

/** The provider with the real store and the real HTTP client, in front of a simulator of Paragon. */
export interface ParagonApp {
  readonly provider: ParagonProvider;
  readonly project: ParagonProject;
  readonly simulator: ParagonSimulator;
  stop(): Promise<void>;
}

/** One for all: making a key takes longer than a test. */
const project = new ParagonProject();

/** @param settings environment variables; they win over those of the simulator */
export async function startParagon(settings: Readonly<Record<string, string>> = {}): Promise<ParagonApp> {
  const dataDir = mkdtempSync(join(tmpdir(), 'manifold-paragon-'));
  const simulator = await ParagonSimulator.start(project);
  const config = loadConfig({ DATA_DIR: dataDir, ...project.settings, ...simulator.settings, ...settings });
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(config), StoreModule, BusModule, EgressModule, ParagonModule],
  }).compile();
  await module.init();
  return {
    provider: module.get(ParagonProvider, { strict: false }),
    project,
    simulator,
    stop: async () => {
      await module.close();
      await simulator.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
