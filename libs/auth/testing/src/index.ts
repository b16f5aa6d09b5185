export { LogCapture } from './log-capture.js';
export { openGateway, type GatewayOptions, type TestGateway } from './test-gateway.js';
export { forge, TestIssuer } from './test-issuer.js';
