import { PRODUCT_NAME, VERSION } from '@manifold/config';

/** How the gateway introduces itself (MCP `Implementation`). */
export const SERVER_INFO = { name: PRODUCT_NAME, title: 'Manifold', version: VERSION } as const;
