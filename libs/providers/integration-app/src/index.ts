export { IntegrationAppModule } from './integration-app.module.js';
export { IntegrationAppProvider } from './integration-app.provider.js';
