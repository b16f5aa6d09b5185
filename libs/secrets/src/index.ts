export { Keyring } from './keyring.js';
export { scrub } from './scrub.js';
export { SecretUnreadableError, WrongSecretsKeyError } from './secrets-errors.js';
export { SecretsModule } from './secrets.module.js';
export { SecretsService, type SecretCount, type SecretOwner } from './secrets.service.js';
