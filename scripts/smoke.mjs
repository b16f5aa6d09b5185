// `npm run smoke -- --url ... --token ...`: builds when needed, then checks a running gateway from this process.
import { ensureBuilt } from './build-stamp.mjs';

ensureBuilt();
await import('../dist/apps/gateway/src/smoke.js');
