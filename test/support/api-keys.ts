import { admin } from './admin-command.js';
import type { GatewayProcess } from './gateway-process.js';

/**
 * A new API key, made as an operator makes it: with the admin command, beside the running gateway.
 * @param name also the username of whoever calls with it
 */
export const createApiKey = (gateway: GatewayProcess, name: string, roles = 'user'): Promise<string> =>
  admin(gateway, 'create-key', '--name', name, '--roles', roles);
