import { RawStdio, unaborted } from '../../testing/src/raw-stdio.js';
import { LogRing } from '../protocol/log-ring.js';

describe('listTools', () => {
  const servers = new RawStdio();
  afterEach(() => servers.close());

  async function list(mode: string): Promise<{ names: string[]; logged: string; tools: readonly object[] }> {
    const log = new LogRing();
    const tools = await (await servers.connect(mode, log)).listTools(unaborted());
    const logged = log.lines().map((line) => line.message);
    return { names: tools.map((tool) => tool.name), logged: logged.join('\n'), tools };
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

  it('drops tools without a valid name, with a name given twice, with a schema too large or too deep, and says so', async () => {
    const { names, logged } = await list('bad-tools');
    expect(names).toEqual(['twice', 'last']);
    expect(logged.match(/it has no valid name/g)).toHaveLength(5);
    expect(logged).toContain('"twice" was dropped: its name occurs twice');
    expect(logged).toContain('"large" was dropped: a schema of it has more than 64 KB');
    expect(logged).toContain('"deep" was dropped: it is nested more than 32 levels deep');
  });

  it('takes a server without the method for one without tools', async () => {
    expect((await list('no-tools')).names).toEqual([]);
  });

  it('rejects a list that is none', async () => {
    await expect(list('no-list')).rejects.toMatchObject({ code: 'upstream_rejected' });
  });
});
