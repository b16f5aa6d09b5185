import { Module } from '@nestjs/common';
import { Config, ParagonConfig } from '@manifold/config';
import { UserTokens } from './user-tokens.service.js';

@Module({
  providers: [{ provide: ParagonConfig, useFactory: (config: Config) => config.paragon, inject: [Config] }, UserTokens],
})
export class ParagonModule {}
