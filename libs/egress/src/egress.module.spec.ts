import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '@manifold/config';
import { Egress } from './egress.js';
import { EgressModule } from './egress.module.js';

describe('EgressModule', () => {
  it('hands out one client with the settings of the gateway, and ends it with the gateway', async () => {
    const config = ConfigModule.forRoot(loadConfig({ NODE_ENV: 'development' }));
    const gateway = await Test.createTestingModule({ imports: [config, EgressModule] }).compile();
    const egress = gateway.get(Egress);
    await expect(egress.fetch('http://10.0.0.1/')).rejects.toMatchObject({ code: 'address_forbidden' });
    await gateway.close();
    await expect(egress.fetch('http://127.0.0.1/')).rejects.toMatchObject({ name: 'EgressError' });
  });
});
