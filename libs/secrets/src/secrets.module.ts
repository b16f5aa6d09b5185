import { Global, Module } from '@nestjs/common';
import { Config } from '@manifold/config';
import { DataKeys } from './data-keys.js';
import { Keyring } from './keyring.js';
import { masterKeySource } from './master-keys/choose-source.js';
import { MasterKeySource } from './master-keys/master-key-source.js';
import { SecretsRotation } from './rotation/secrets-rotation.service.js';
import { SecretsService } from './secrets.service.js';

/** Hands the users' secrets to the providers, and the keyring to whoever keeps other things sealed. Needs the global Config and Store. */
@Global()
@Module({
  providers: [
    { provide: MasterKeySource, useFactory: masterKeySource, inject: [Config] },
    DataKeys,
    Keyring,
    SecretsRotation,
    SecretsService,
  ],
  exports: [Keyring, SecretsRotation, SecretsService],
})
export class SecretsModule {}
