import { PRODUCT_NAME, VERSION } from '@manifold/config';

/** The gateway's own name and version (MCP `Implementation`). */
export const SERVER_INFO = { name: PRODUCT_NAME, title: 'Manifold', version: VERSION } as const;
