// Stores the users' secrets, sealed under data keys, and provides the keyring.
// Providers open secrets for one principal and one app. No value appears in a log, a listing or an error.
export { Keyring } from './keyring.js';
export { MasterKeySource, type WrappedKey } from './master-keys/master-key-source.js';
export {
  SecretsRotation,
  type RotationPlan,
  type RotationResult,
  type RotationWork,
} from './rotation/secrets-rotation.service.js';
export { withoutLongWords } from './long-words.js';
export { scrub } from './scrub.js';
export { hiddenForms } from './secret-forms.js';
export {
  recordsWithConfidentialFields,
  recordsWithOneText,
  sealedRecords,
  type SealedRecords,
} from './sealed-records.js';
export { SealingUpgrade } from './sealing-upgrade.service.js';
export { SecretUnreadableError, WrongSecretsKeyError } from './secrets-errors.js';
export { SecretsModule } from './secrets.module.js';
export type { SecretOwner } from './secret-record.js';
export { SEALED_SECRETS, SecretsService, type SecretCount } from './secrets.service.js';
