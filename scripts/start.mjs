// `npm start`: builds when needed, then runs the gateway in this process.
import { ensureBuilt } from './build-stamp.mjs';

ensureBuilt();
await import('../dist/apps/gateway/src/main.js');
