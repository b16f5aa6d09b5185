// `npm run admin -- <command>`: builds when needed, then runs the admin command in this process.
import { ensureBuilt } from './build-stamp.mjs';

ensureBuilt();
await import('../dist/apps/gateway/src/admin.js');
