import { Global, Module } from '@nestjs/common';
import { Keyring } from './keyring.js';
import { SecretsService } from './secrets.service.js';

/** Hands the users' secrets to the providers, and the keyring to whoever keeps other things sealed. Needs the global Config and Store. */
@Global()
@Module({
  providers: [Keyring, SecretsService],
  exports: [Keyring, SecretsService],
})
export class SecretsModule {}
