export { OpenApiActions } from './openapi-actions.service.js';
export type { OpenApiOperation, ProxyRequest } from './operation.js';
