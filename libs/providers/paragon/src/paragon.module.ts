import { Module } from '@nestjs/common';
import { Config, ParagonConfig } from '@manifold/config';
import { SetupController, SetupLinks } from './setup/index.js';
import { UserTokens } from './user-tokens.service.js';

@Module({
  controllers: [SetupController],
  providers: [
    { provide: ParagonConfig, useFactory: (config: Config) => config.paragon, inject: [Config] },
    UserTokens,
    SetupLinks,
  ],
})
export class ParagonModule {}
