export { Keyring } from './keyring.js';
export { MasterKeySource, type WrappedKey } from './master-keys/master-key-source.js';
export {
  SecretsRotation,
  type RotationPlan,
  type RotationResult,
  type RotationWork,
} from './rotation/secrets-rotation.service.js';
export { scrub } from './scrub.js';
export { recordsWithOneText, sealedRecords, type SealedRecords } from './sealed-records.js';
export { SecretUnreadableError, WrongSecretsKeyError } from './secrets-errors.js';
export { SecretsModule } from './secrets.module.js';
export { SEALED_SECRETS, SecretsService, type SecretCount, type SecretOwner } from './secrets.service.js';
