export { SetupController } from './setup.controller.js';
export { SetupLinks, type SetupLink } from './setup-links.service.js';
