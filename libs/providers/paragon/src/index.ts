export { ParagonModule } from './paragon.module.js';
