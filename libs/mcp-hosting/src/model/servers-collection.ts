import type { CollectionSpec } from '@manifold/store';
import { CONFIDENTIAL_SETTINGS } from './confidential-settings.js';
import type { ServerRecord } from './server-record.js';

export const SERVERS: CollectionSpec<ServerRecord> = {
  name: 'mcp_servers',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
  confidential: CONFIDENTIAL_SETTINGS,
};
