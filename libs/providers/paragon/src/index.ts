// The tools of Paragon's ActionKit, its proxy and OpenAPI actions, and the page that connects accounts.
// The gateway mounts its module. Providers do not import each other.
export { ParagonModule } from './paragon.module.js';
export { ParagonProvider } from './paragon.provider.js';
