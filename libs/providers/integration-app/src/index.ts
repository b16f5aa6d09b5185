// The actions of Integration.app (Membrane) as tools.
// The gateway mounts its module. Providers do not import each other.
export { IntegrationAppModule } from './integration-app.module.js';
export { IntegrationAppProvider } from './integration-app.provider.js';
