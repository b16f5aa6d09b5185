import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { LogCapture } from '@manifold/auth/testing';
import { OpenApiFolder } from './openapi-folder.js';

const described = (...summaries: string[]): string =>
  JSON.stringify({
    openapi: '3.1.0',
    paths: Object.fromEntries(summaries.map((summary) => [`/${summary}`, { get: { summary } }])),
  });

describe('OpenApiFolder', () => {
  let root: string;
  let path: string;
  let folder: OpenApiFolder;
  let log: LogCapture;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'openapi-'));
    path = join(root, 'openapi');
    await mkdir(path);
    folder = new OpenApiFolder(path, 64 * 1024);
    log = new LogCapture();
    Logger.overrideLogger(log);
  });

  afterEach(async () => {
    Logger.overrideLogger(false);
    await rm(root, { recursive: true });
  });

  const put = (name: string, text: string | Buffer): Promise<void> => writeFile(join(path, name), text);
  const names = (): string[] => folder.operations.map(({ wantedName }) => wantedName);

  it('names the file, line and reason of what is bad, and reads the rest', async () => {
    await put('slack.json', described('Send'));
    await put('jira.json', '{"openapi": "3.0.0",\n"paths": {"/a": ');
    await put('notion.yaml', 'openapi: 3.0.0\npaths:\n  /a:\n    get: {}\n  /b/{id}:\n    get:\n      summary: B\n');
    await put('linear.yaml', 'openapi: 3.0.0\nservers:\n  - url: ftp://a\npaths: {}\n');
    await put('asana.v2.json', described('A'));
    await put('box.yml', Buffer.alloc(64 * 1024 + 1, 'a'));
    await put('image.json', Buffer.from([0x89, 0x50, 0, 0xff, 0xfe]));
    await mkdir(join(path, 'hubspot.json'));
    await symlink('nowhere', join(path, 'zoom.json'));
    await put('README.md', 'not read');
    await put('.hidden.json', 'not read');
    expect(await folder.refresh()).toBe(true);
    expect(names()).toEqual(['NOTION_GET_A', 'SLACK_SEND']);
    expect(log.text).toMatch(/file: 'jira\.json', line: 2, reason: 'Flow map/);
    expect(log.text).toMatch(/file: 'notion\.yaml', operation: 'GET \/b\/\{id\}', line: 6, reason: 'no parameter/);
    expect(log.text).toMatch(/file: 'linear\.yaml', line: 3, reason: .*ftp/);
    expect(log.text).toMatch(/file: 'asana\.v2\.json', .*reason: 'its name is neither/);
    expect(log.text).toMatch(/file: 'box\.yml', .*reason: 'it has 65537 bytes; OPENAPI_FILE_LIMIT allows 65536'/);
    expect(log.text).toMatch(/file: 'image\.json', line: 1, reason: /);
    expect(log.text).toMatch(/file: 'hubspot\.json', .*reason: 'it is not a file'/);
    expect(log.text).toMatch(/file: 'zoom\.json', .*reason: "ENOENT/);
    expect(log.text).not.toMatch(/README|hidden/);
  });

  it('reads UTF-8 with a byte order mark', async () => {
    await put('slack.json', `\ufeff${described('Send')}`);
    await folder.refresh();
    expect(names()).toEqual(['SLACK_SEND']);
  });

  it('reports no more than twenty operations of a file', async () => {
    const paths = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`/${n}/{id}`, { get: {} }]));
    await put('slack.json', JSON.stringify({ openapi: '3.0.0', paths }));
    await folder.refresh();
    expect(log.text.match(/is left out/g)).toHaveLength(20);
    expect(log.text).toContain('leftOut: 30');
  });

  it('warns of a missing folder once, by its name, and reads it when it appears', async () => {
    await rm(path, { recursive: true });
    expect(await folder.refresh()).toBe(false);
    expect(await folder.refresh()).toBe(false);
    expect(log.text.match(/cannot be read/g)).toHaveLength(1);
    expect(log.text).toContain(`folder: '${path}', reason: 'ENOENT'`);
    await mkdir(path);
    await put('slack.json', described('Send'));
    expect(await folder.refresh()).toBe(true);
    expect(names()).toEqual(['SLACK_SEND']);
  });

  it('follows files that appear, change and vanish', async () => {
    await put('slack.json', described('Send'));
    await put('jira.json', described('Find'));
    expect([await folder.refresh(), await folder.refresh()]).toEqual([true, false]);
    await put('slack.json', described('Send', 'Read'));
    await put('notion.json', described('Search'));
    await rm(join(path, 'jira.json'));
    expect(await folder.refresh()).toBe(true);
    expect(names()).toEqual(['NOTION_SEARCH', 'SLACK_SEND', 'SLACK_READ']);
    await rm(path, { recursive: true });
    expect(await folder.refresh()).toBe(true);
    expect(names()).toEqual([]);
  });

  it('keeps the last good version of a file that turns bad, and says so once', async () => {
    await put('slack.json', described('Send'));
    await folder.refresh();
    const bad = '{"openapi": "3.0.0", "paths": {';
    await put('slack.json', bad);
    expect(await folder.refresh()).toBe(false);
    await put('slack.json', bad);
    await utimes(join(path, 'slack.json'), 1, 1);
    expect(await folder.refresh()).toBe(false);
    expect(names()).toEqual(['SLACK_SEND']);
    expect(log.text.match(/slack\.json', line: 1, .*kept: '1 operations of its last good version'/g)).toHaveLength(1);
    await put('slack.json', described('Read'));
    expect(await folder.refresh()).toBe(true);
    expect(names()).toEqual(['SLACK_READ']);
  });

  it('reports a file that is bad in another way again', async () => {
    await put('slack.json', '{');
    await folder.refresh();
    await put('slack.json', '[]');
    await folder.refresh();
    expect(log.text.match(/slack\.json/g)).toHaveLength(2);
  });

  it('follows the links of a ConfigMap, also where the new file looks like the old one', async () => {
    const mapped = async (version: string, text: string) => {
      await mkdir(join(path, version));
      await writeFile(join(path, version, 'slack.json'), text);
      await utimes(join(path, version, 'slack.json'), 1, 1);
    };
    await mapped('..1', described('Send'));
    await symlink('..1', join(path, '..data'));
    await symlink('..data/slack.json', join(path, 'slack.json'));
    await folder.refresh();
    expect(names()).toEqual(['SLACK_SEND']);
    await mapped('..2', described('Read'));
    await symlink('..2', join(path, '..data_tmp'));
    await rename(join(path, '..data_tmp'), join(path, '..data'));
    expect(await folder.refresh()).toBe(true);
    expect(names()).toEqual(['SLACK_READ']);
  });

  it('sees no change in a file that was only written again or touched', async () => {
    await put('slack.json', described('Send'));
    await folder.refresh();
    const [before] = folder.operations;
    await put('slack.json', described('Send'));
    await chmod(join(path, 'slack.json'), 0o600);
    expect(await folder.refresh()).toBe(false);
    expect(folder.operations[0]).toBe(before);
  });

  it('keeps what a file described while it cannot be found behind its link', async () => {
    await put('real', described('Send'));
    await symlink('real', join(path, 'slack.json'));
    await folder.refresh();
    await rename(join(path, 'real'), join(path, 'away'));
    expect(await folder.refresh()).toBe(false);
    await rename(join(path, 'away'), join(path, 'real'));
    expect(await folder.refresh()).toBe(false);
    expect(names()).toEqual(['SLACK_SEND']);
  });
});
