export { CatalogModule } from './catalog.module.js';
export { dataFilesOf } from './bundled/data-files.js';
