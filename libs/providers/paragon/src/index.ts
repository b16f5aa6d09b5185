export { ParagonModule } from './paragon.module.js';
export { ParagonProvider } from './paragon.provider.js';
