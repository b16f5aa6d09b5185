import type { CatalogServerDto } from '../catalog.dto.js';
import { CLOUD_AND_BUSINESS } from './cloud-and-business.js';
import { COLLABORATION } from './collaboration.js';
import { DATABASES } from './databases.js';
import { DEVELOPMENT } from './development.js';
import { DOCUMENTATION } from './documentation.js';
import { FILES_AND_MEMORY } from './files-and-memory.js';
import { WEB_AND_SEARCH } from './web-and-search.js';

/** Well-known MCP servers. The install bodies name no version, so the latest version is installed. */
export const BUNDLED_SERVERS: readonly CatalogServerDto[] = [
  ...FILES_AND_MEMORY,
  ...WEB_AND_SEARCH,
  ...DATABASES,
  ...COLLABORATION,
  ...DEVELOPMENT,
  ...DOCUMENTATION,
  ...CLOUD_AND_BUSINESS,
];
