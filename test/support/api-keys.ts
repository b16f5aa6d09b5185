import { admin } from './admin-command.js';
import type { GatewayProcess } from './gateway-process.js';

/**
 * Creates an API key like an operator: with the admin command, while the gateway runs.
 * @param name also the username of callers with this key
 */
export const createApiKey = (gateway: GatewayProcess, name: string, roles = 'user'): Promise<string> =>
  admin(gateway, 'create-key', '--name', name, '--roles', roles);
