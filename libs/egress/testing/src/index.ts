export { testEgress, type TestEgressOptions } from './test-egress.js';
export { TestOrigin } from './test-origin.js';
export { testProxy } from './test-proxy.js';
