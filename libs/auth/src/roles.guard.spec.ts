import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigModule, loadConfig } from '@manifold/config';
import { ProblemFilter } from '@manifold/rest';
import { RolesGuard } from './roles.guard.js';
import { Public } from './route-options.decorator.js';

let served = 0;

@Controller()
class ProbeController {
  @Get('closed')
  closed(): void {
    served += 1;
  }

  @Get('open')
  @Public()
  open(): string {
    return 'open';
  }
}

@Module({})
class WithoutHookModule {}

describe('The guard, on a server whose authentication hook is missing', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const module = {
      module: WithoutHookModule,
      imports: [ConfigModule.forRoot(loadConfig({ MCP_SERVER_URL: 'https://gateway.test' }))],
      controllers: [ProbeController],
      providers: [{ provide: APP_GUARD, useClass: RolesGuard }],
    };
    app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { logger: false });
    app.useGlobalFilters(new ProblemFilter());
    await app.listen(0, '127.0.0.1');
  });

  afterAll(() => app.close());

  it('lets nobody reach a route that is not public, in development either', async () => {
    const response = await fetch(`${await app.getUrl()}/closed`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(await response.json()).toMatchObject({ code: 'unauthenticated' });
    expect(served).toBe(0);
  });

  it('leaves public routes open', async () => {
    expect((await fetch(`${await app.getUrl()}/open`)).status).toBe(200);
  });
});
