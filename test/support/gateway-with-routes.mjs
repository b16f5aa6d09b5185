// Runs the built gateway. Before it listens, it writes the routes that Fastify knows to ROUTES_FILE.
import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { createGateway } from '../../build/apps/gateway/src/http-server.js';
import { configOfProcess } from '../../build/libs/config/src/index.js';
import { createLog } from '../../build/libs/observability/src/index.js';

const config = configOfProcess();
const app = await createGateway(config, createLog(config.logLevel));
const routes = [];
app
  .getHttpAdapter()
  .getInstance()
  .addHook('onRoute', ({ method, url }) => routes.push(...[method].flat().map((each) => ({ method: each, url }))));
await app.init();
writeFileSync(process.env.ROUTES_FILE, JSON.stringify(routes));
await app.listen(config.port, config.host);
