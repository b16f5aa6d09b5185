import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAMS = join(ROOT, 'dist/apps/gateway/src');
const run = promisify(execFile);

describe('The built programs', () => {
  it('are one file each, so that a start loads no thousands of modules', () => {
    const built = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' });

    const programs = ['admin', 'install-program', 'main', 'run', 'smoke'];
    expect(built.filter((file) => file.endsWith('.js')).sort()).toEqual(
      programs.map((program) => `apps/gateway/src/${program}.js`),
    );
  });

  it('name no function when it is created, which calls would pay for', () => {
    const program = readFileSync(join(PROGRAMS, 'run.js'), 'utf8');
    expect(program).toMatch(/__name\(this, "CallPipeline"\)/); // classes keep their names
    expect(program.match(/__name\((?:async )?(?:function\b|\(|\w+ =>).*/g)).toBeNull();
  });

  it('have source maps that lead to the line of the TypeScript source', () => {
    const said = 'Manifold cannot start: ';
    const lines = readFileSync(join(PROGRAMS, 'run.js'), 'utf8').split('\n');
    const line = lines.findIndex((text) => text.includes(said));
    const map = new SourceMap(JSON.parse(readFileSync(join(PROGRAMS, 'run.js.map'), 'utf8')) as SourceMapPayload);

    const { originalSource, originalLine } = map.findEntry(line, lines[line]!.search(/\S/)) as {
      originalSource: string;
      originalLine: number;
    };
    const source = resolve(PROGRAMS, originalSource);
    expect(source).toBe(join(ROOT, 'apps/gateway/src/run.ts'));
    expect(readFileSync(source, 'utf8').split('\n')[originalLine]).toContain(said);
  });

  it('name sources in the stack of an error, once the gateway has started', async () => {
    const program = `
      process.setSourceMapsEnabled(true);
      process.exit = (code) => { console.log(new Error().stack); process.reallyExit(code); };
      await import('${join(PROGRAMS, 'run.js')}');
    `;
    const env = { PATH: process.env.PATH, PORT: 'no-port' };
    const failed = run(process.execPath, ['--input-type=module', '-e', program], { env });

    await expect(failed).rejects.toMatchObject({
      stdout: expect.stringMatching(/at refuse \(.*apps\/gateway\/src\/run\.ts:\d+:\d+\)/),
    });
  });
});
