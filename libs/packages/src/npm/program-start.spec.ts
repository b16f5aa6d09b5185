import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOf } from './program-start.js';

describe('the start of a program of an npm package', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifold-start-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const written = (text: string, name = 'program'): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  it.each<[string, string, readonly string[]]>([
    ['#!/usr/bin/env node\nx', 'node', []],
    ['#!/usr/bin/env node\r\nx', 'node', []],
    ['\uFEFF#!/usr/bin/env node\nx', 'node', []],
    ['#! /usr/bin/env  node \nx', 'node', []],
    ['#!/usr/local/bin/node --no-warnings\nx', 'node', ['--no-warnings']],
    ['#!/usr/bin/env -S node --no-warnings --stack-size=2000\nx', 'node', ['--no-warnings', '--stack-size=2000']],
    ['#!/usr/bin/env -Snode --no-warnings\nx', 'node', ['--no-warnings']],
    ['#!/usr/bin/env -S node --title="a b"\nx', 'node', ['--title=a b']],
    ['#!/usr/bin/env -S NODE_ENV=production node -C x\nx', 'env', ['NODE_ENV=production', 'node', '-C', 'x']],
    ['#!/bin/sh\nx', 'sh', []],
    ['#!/bin/bash -e\nx', 'bash', ['-e']],
    ['#!/usr/bin/env bash\nx', 'bash', []],
    ['#!/usr/bin/env bun\nx', 'bun', []],
    ['#!/usr/bin/env -i node\nx', 'node', []],
    ['#!\nx', 'node', []],
    ['console.log(1)', 'node', []],
    ['', 'node', []],
  ])('%j is %s with %j', async (text, command, options) => {
    const file = written(text);
    expect(await startOf(file)).toEqual({ command, args: [...options, file] });
  });

  it('is itself where it is a binary', async () => {
    const file = join(folder, 'binary');
    copyFileSync('/bin/true', file);
    expect(await startOf(file)).toEqual({ command: file, args: [] });
  });

  it('has its options, and finds its own place', async () => {
    written("console.log(JSON.stringify(process.argv.slice(2)), process.execArgv.join(' '))", 'main.js');
    const launcher = written('#!/bin/sh\nexec node --no-warnings "$(dirname "$0")/main.js" "$@"\n', 'launcher');
    const own = written(
      '#!/usr/bin/env -S STARTED=yes node --no-warnings\nconsole.log(process.env.STARTED, process.execArgv[0])',
    );
    const said = async (file: string): Promise<string> => {
      const { command, args } = await startOf(file);
      return execFileSync(command, [...args, '--given'], { encoding: 'utf8' }).trim();
    };
    expect(await said(launcher)).toBe('["--given"] --no-warnings');
    expect(await said(own)).toBe('yes --no-warnings');
  });
});
