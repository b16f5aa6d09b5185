import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { LogCapture } from '@manifold/auth/testing';
import { ParagonConfig } from '@manifold/config';
import { OpenApiActions } from './openapi-actions.service.js';

const described = (...summaries: string[]): string =>
  JSON.stringify({
    openapi: '3.1.0',
    paths: Object.fromEntries(summaries.map((summary) => [`/${encodeURIComponent(summary)}`, { get: { summary } }])),
  });

describe('OpenApiActions', () => {
  let folder: string;
  let actions: OpenApiActions;
  let log: LogCapture;
  let changes: EventTarget;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openapi-'));
    log = new LogCapture();
    Logger.overrideLogger(log);
    changes = new EventTarget();
  });

  afterEach(async () => {
    jest.useRealTimers();
    await actions.onApplicationShutdown();
    Logger.overrideLogger(false);
    await rm(folder, { recursive: true });
  });

  const put = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
  const names = (...active: string[]): string[] => actions.operations(new Set(active)).map(({ name }) => name);
  const changed = (): Promise<unknown> => once(changes, 'change');

  async function start(): Promise<void> {
    actions = new OpenApiActions({ openApiDir: folder } as ParagonConfig);
    actions.onChanged(() => changes.dispatchEvent(new Event('change')));
    await actions.onModuleInit();
  }

  it('offers the operations of the active integrations', async () => {
    await put('slack.json', described('Send'));
    await put('googleCalendar.yaml', 'openapi: 3.0.0\npaths:\n  /events:\n    get: {summary: List events}\n');
    await put('custom.spotify.yml', described('Play'));
    await put('jira.JSON', described('Find'));
    await start();
    expect(names('slack', 'googleCalendar', 'custom.spotify')).toEqual([
      ...['SPOTIFY_PLAY', 'GOOGLECALENDAR_LIST_EVENTS', 'SLACK_SEND'],
    ]);
    expect(names('jira', 'spotify', 'other')).toEqual(['JIRA_FIND']);
    expect(actions.operations(new Set(['custom.spotify']))[0]!.request({})).toMatchObject({
      integration: 'custom.spotify',
    });
    expect(names()).toEqual([]);
  });

  it('gives the same array for the same integrations', async () => {
    await put('slack.json', described('Send'));
    await start();
    const first = actions.operations(new Set(['slack', 'hubspot']));
    expect(actions.operations(new Set(['jira', 'slack']))).toBe(first);
  });

  it('does nothing where the project has no folder', async () => {
    actions = new OpenApiActions({ projectId: 'p' } as ParagonConfig);
    await actions.onModuleInit();
    expect(names('slack')).toEqual([]);
    expect(log.text).toBe('');
  });

  it('gives operations that want one name different names, whichever integrations are active', async () => {
    await put('slack.json', described('Send'));
    await put('slack.yaml', described('Send', 'Read'));
    await put('custom.slack.json', described('Send'));
    await start();
    const all = names('slack', 'custom.slack');
    expect(new Set(all).size).toBe(4);
    expect(all).toEqual([...names('custom.slack'), ...names('slack')]);
    expect(all.filter((name) => name === 'SLACK_READ')).toHaveLength(1);
    expect(all.filter((name) => /^SLACK_SEND_[0-9A-F]{8}$/.test(name))).toHaveLength(3);
  });

  it('follows the folder, and tells who still listens', async () => {
    await put('slack.json', described('Send'));
    await start();
    const before = actions.operations(new Set(['slack']));
    const gone = jest.fn();
    actions.onChanged(gone)();
    const change = changed();
    await put('slack.next', described('Send', 'Read'));
    await rename(join(folder, 'slack.next'), join(folder, 'slack.json'));
    await change;
    expect(names('slack')).toEqual(['SLACK_SEND', 'SLACK_READ']);
    expect(before.map(({ name }) => name)).toEqual(['SLACK_SEND']);
    expect(gone).not.toHaveBeenCalled();
  });

  it('goes on looking after a listener failed', async () => {
    await start();
    const leave = actions.onChanged(() => {
      leave();
      throw new Error('a listener failed');
    });
    let change = changed();
    await put('slack.json', described('Send'));
    await change;
    change = changed();
    await put('jira.json', described('Find'));
    await change;
    expect(names('slack', 'jira')).toEqual(['JIRA_FIND', 'SLACK_SEND']);
    expect(log.text).toContain('a listener failed');
  });

  it('goes on serving while it reads a large file', async () => {
    const schema = {
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`p${n}`, { type: 'string' }])),
    };
    const post = { requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/S' } } } } };
    const paths = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`/${n}`, { post }]));
    await put('slack.json', JSON.stringify({ openapi: '3.0.0', paths, components: { schemas: { S: schema } } }));
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await start();
    clearInterval(timer);
    expect(names('slack')).toHaveLength(200);
    expect(turns).toBeGreaterThan(5);
  });

  it('stops looking when the gateway stops, also after half a start', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    await start();
    expect(jest.getTimerCount()).toBe(1);
    await actions.onApplicationShutdown();
    expect(jest.getTimerCount()).toBe(0);
    actions = new OpenApiActions({ openApiDir: folder } as ParagonConfig);
    const starting = actions.onModuleInit();
    await actions.onApplicationShutdown();
    await starting;
    expect(jest.getTimerCount()).toBe(0);
  });
});
