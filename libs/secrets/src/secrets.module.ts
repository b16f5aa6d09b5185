import { Global, Module } from '@nestjs/common';
import { BusSeal } from '@manifold/bus';
import { Config } from '@manifold/config';
import { DataKeys } from './data-keys.js';
import { Keyring } from './keyring.js';
import { KeyringBusSeal } from './keyring-bus-seal.js';
import { masterKeySource } from './master-keys/choose-source.js';
import { MasterKeySource } from './master-keys/master-key-source.js';
import { SecretsRotation } from './rotation/secrets-rotation.service.js';
import { SealingUpgrade } from './sealing-upgrade.service.js';
import { SecretsService } from './secrets.service.js';
import { StoreSealer } from './store-sealer.js';

/**
 * Provides the users' secrets to the providers, and the keyring to modules that store or send sealed texts. Needs the global Config, Store
 * and Bus.
 */
@Global()
@Module({
  providers: [
    { provide: MasterKeySource, useFactory: masterKeySource, inject: [Config] },
    DataKeys,
    Keyring,
    { provide: BusSeal, useClass: KeyringBusSeal },
    SealingUpgrade,
    SecretsRotation,
    SecretsService,
    StoreSealer,
  ],
  exports: [BusSeal, Keyring, SealingUpgrade, SecretsRotation, SecretsService],
})
export class SecretsModule {}
