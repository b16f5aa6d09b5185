export {
  DEFAULT_TENANT,
  DEFAULT_USERNAME,
  LOCAL_ISSUER,
  ROLES,
  hasRole,
  principalKey,
  type Principal,
  type Role,
} from './principal.js';
