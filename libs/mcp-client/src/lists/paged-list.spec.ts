import { RawStdio, unaborted } from '../../testing/src/raw-stdio.js';
import { LogRing } from '../protocol/log-ring.js';

describe('listTools', () => {
  const servers = new RawStdio();
  afterEach(() => servers.close());

  interface Listed {
    readonly names: string[];
    readonly logged: string;
    readonly notices: readonly string[];
    readonly tools: readonly object[];
    again(): Promise<Listed>;
  }

  async function list(mode: string): Promise<Listed> {
    const log = new LogRing();
    const connection = await servers.connect(mode, log);
    const again = async (): Promise<Listed> => {
      const tools = await connection.listTools(unaborted());
      const logged = log.lines().map((line) => line.message);
      return { names: tools.map(({ name }) => name), logged: logged.join('\n'), notices: log.notices(), tools, again };
    };
    return again();
  }

  it('reads every page, and keeps fields that it does not know', async () => {
    const { names, tools, logged } = await list('pages');
    expect(names).toEqual(['tool-0', 'tool-1', 'tool-2']);
    expect(tools[0]).toEqual({ name: 'tool-0', inputSchema: { type: 'object' }, annotations: { novel: true } });
    expect(logged).toBe('');
  });

  it('stops where the pages repeat', async () => {
    const { names, logged } = await list('repeated-cursor');
    expect(names).toEqual(['tool-', 'tool-again']);
    expect(logged).toContain('cut where its pages repeat');
  });

  it('stops after 1,000 pages', async () => {
    const { names, logged } = await list('endless-pages');
    expect(names).toHaveLength(1000);
    expect(logged).toContain('cut after 1000 pages');
  });

  it('stops after 10,000 tools', async () => {
    const { names, logged } = await list('many-tools');
    expect(names).toHaveLength(10_000);
    expect(logged).toContain('cut after 10000 tools');
  });

  it('leaves out tools without a valid name, with a name given twice, with a schema too large or too deep, and says so', async () => {
    const { names, logged, notices } = await list('bad-tools');
    expect(names).toEqual(['twice', 'last']);
    expect(logged).toMatch(/^8 tools of the server were left out, because clients would refuse the whole list: /);
    expect(logged.match(/it has no valid name/g)).toHaveLength(5);
    expect(logged).toContain('"twice" (its name occurs twice)');
    expect(logged).toContain('"large" (a schema of it has more than 1 MB)');
    expect(logged).toContain('"deep" (it is nested more than 32 levels deep)');
    expect(notices).toEqual([logged]);
  });

  it('takes tools with large schemas, up to 4 MB of them, and says what it left out', async () => {
    const { names, logged } = await list('large-tools');
    expect(names).toEqual(['large-0', 'large-1', 'large-2', 'large-3', 'small']);
    expect(logged).toMatch(/^2 tools of the server were left out/);
    expect(logged).toContain('"large-4" (it is larger than 64 KB, and all tools of this size have more than 4 MB)');
  });

  it('mends tools, says so in one line, and no longer when the server has mended its list', async () => {
    const { tools, logged, notices, again } = await list('mendable-tools');
    expect(tools).toEqual([
      { name: 'no-schema', inputSchema: { type: 'object' } },
      { name: 'null-title', inputSchema: { type: 'object' }, novel: null },
    ]);
    expect(logged).toMatch(
      /^2 tools of the server were mended: "no-schema" \(inputSchema: .+\), "null-title" \(title: .+\)\.$/,
    );
    expect(notices).toEqual([logged]);
    expect((await again()).notices).toEqual([]);
  });

  it('takes a server without the method for one without tools', async () => {
    expect((await list('no-tools')).names).toEqual([]);
  });

  it('rejects a list that is none', async () => {
    await expect(list('no-list')).rejects.toMatchObject({ code: 'upstream_rejected' });
  });
});
