import { join } from 'node:path';

interface Tables {
  regressionsOf(page: string, current: string, options?: { isPartial?: boolean }): string[];
  serverTable(rows: object[]): string;
  clientTable(rows: object[]): string;
}

const tables = import(join(import.meta.dirname, '../compatibility/tables.mjs')) as Promise<Tables>;

const clientRow = (did: Record<string, boolean>, transport = 'HTTP+SSE') => ({
  client: { name: 'A client' },
  packages: [{ name: 'a-client', version: '1.2.3' }],
  transport,
  lists: true,
  calls: true,
  errors: true,
  refuses: true,
  ...did,
});
const serverRow = (name: string, outcome: object) => ({
  definition: { package: name, version: '1.0.0', call: ['tool', {}] },
  ...outcome,
});

describe('the tables of the compatibility page', () => {
  it('names what worked before and does not work now', async () => {
    const { clientTable, regressionsOf } = await tables;
    const page = `# A page\n\n${clientTable([clientRow({}), clientRow({ errors: false }, 'Streamable HTTP')])}\n\nText`;

    expect(regressionsOf(page, clientTable([clientRow({}), clientRow({}, 'Streamable HTTP')]))).toEqual([]);
    expect(
      regressionsOf(page, clientTable([clientRow({ calls: false }), clientRow({ errors: false }, 'Streamable HTTP')])),
    ).toEqual(['A client, HTTP+SSE: calls a tool: no longer']);
  });

  it('names what was not tried, unless only a part was chosen or it never worked', async () => {
    const { regressionsOf, serverTable } = await tables;
    const page = serverTable([serverRow('good', { starts: true }), serverRow('bad', { starts: false })]);

    expect(regressionsOf(page, '')).toEqual(['good: was not tried']);
    expect(regressionsOf(page, '', { isPartial: true })).toEqual([]);
  });

  it('keeps what a server says in one cell', async () => {
    const { regressionsOf, serverTable } = await tables;
    const note = `a | b \`c\`\n  ${'long '.repeat(100)}`;
    const table = serverTable([serverRow('talks', { starts: true, tools: 3, notices: ['one'], answers: true, note })]);

    const cells = table.split('\n')[2]!.split('|').map((cell) => cell.trim()); // prettier-ignore
    expect(cells.slice(1, 7)).toEqual(['talks', '1.0.0', 'yes', '3', '1', 'yes']);
    expect(cells[7]).toMatch(/^`a \/ b 'c' long .{100,160}\.\.\.`$/);
    expect(regressionsOf(table, table)).toEqual([]);
  });
});
