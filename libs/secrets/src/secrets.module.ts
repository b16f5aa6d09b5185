import { Global, Module } from '@nestjs/common';
import { BusSeal } from '@manifold/bus';
import { Config } from '@manifold/config';
import { DataKeys } from './data-keys.js';
import { Keyring } from './keyring.js';
import { KeyringBusSeal } from './keyring-bus-seal.js';
import { masterKeySource } from './master-keys/choose-source.js';
import { MasterKeySource } from './master-keys/master-key-source.js';
import { SecretsRotation } from './rotation/secrets-rotation.service.js';
import { SecretsService } from './secrets.service.js';

/** Hands the users' secrets to the providers, and the keyring to whoever keeps or says other things sealed. Needs the global Config, Store and Bus. */
@Global()
@Module({
  providers: [
    { provide: MasterKeySource, useFactory: masterKeySource, inject: [Config] },
    DataKeys,
    Keyring,
    { provide: BusSeal, useClass: KeyringBusSeal },
    SecretsRotation,
    SecretsService,
  ],
  exports: [BusSeal, Keyring, SecretsRotation, SecretsService],
})
export class SecretsModule {}
