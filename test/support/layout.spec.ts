import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '../../scripts/layout.mjs');

describe('npm run layout', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'manifold-layout-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (path: string, text = ''): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const run = () => {
    const { status, stdout } = spawnSync(process.execPath, [PROGRAM, folder], { encoding: 'utf8' });
    return { status, lines: stdout.split('\n').map((line) => line.trim()) };
  };
  const fill = (path: string, sources: number): void => {
    for (let index = 0; index < sources; index += 1) write(`${path}/file-${index}.ts`);
  };
  const classWith = (parameters: number): string =>
    `class Wide {\n  constructor(${Array.from({ length: parameters }, (_, index) => `readonly p${index}: string`).join(', ')}) {}\n}\n`;

  it('counts libraries, files beside their specs, lines and parameters', () => {
    write('libs/store/src/index.ts', 'export {};\n');
    write('libs/store/src/store.ts', classWith(2));
    write('libs/store/src/store.spec.ts', 'x\n'.repeat(500));
    write('libs/store/testing/src/index.ts', 'x\n'.repeat(400));
    write('libs/providers/paper/src/index.ts', 'one\ntwo\nthree');
    write('apps/gateway/src/main.ts');
    const { status, lines } = run();
    expect(status).toBe(0);
    expect(lines).toContain('2 libraries, 3 folders, 4 source files');
    expect(lines).toContain('2  libs/store/src and 1 specs');
    expect(lines).toContain('3  libs/providers/paper/src/index.ts');
    expect(lines).toContain('2  libs/store/src/store.ts Wide');
    expect(lines.join()).not.toMatch(/TOO LARGE|testing|spec\.ts/);
  });

  it('takes what is as large as its limit', () => {
    fill('libs/full/src', 24);
    write('libs/long/src/long.ts', 'x\n'.repeat(300));
    write('libs/wide/src/wide.ts', classWith(5));
    expect(run()).toMatchObject({ status: 0 });
  });

  it.each([
    ['a folder with 25 files', '25  libs/x/src and 0 specs', () => fill('libs/x/src', 25)],
    ['a file of 301 lines', '301  libs/x/src/long.ts', () => write('libs/x/src/long.ts', 'x\n'.repeat(301))],
    ['a constructor of six parameters', '6  libs/x/src/wide.ts Wide', () => write('libs/x/src/wide.ts', classWith(6))],
  ])('ends with 1 for %s', (_case, line, make) => {
    make();
    const { status, lines } = run();
    expect(status).toBe(1);
    expect(lines).toContain(`${line}  TOO LARGE`);
  });

  it('takes a known exception up to its size, and says when it is needed no more', () => {
    const exceptions = {
      sources: { 'libs/x/src': { most: 26, reason: 'to be cut' }, 'libs/y/src': { most: 30, reason: '-' } },
    };
    write('scripts/layout-exceptions.json', JSON.stringify(exceptions));
    fill('libs/x/src', 26);
    fill('libs/y/src', 3);
    const { status, lines } = run();
    expect(status).toBe(0);
    expect(lines).toContain('26  libs/x/src and 0 specs  known: to be cut');
    expect(lines).toContain('libs/y/src needs no exception any more');

    write('libs/x/src/one-more.ts');
    expect(run()).toMatchObject({ status: 1 });
  });
});
