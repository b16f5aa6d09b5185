import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = `
  const { forgetVariables } = await import(${JSON.stringify(join(import.meta.dirname, 'forget-secrets.ts'))});
  forgetVariables(new Set(['SECRETS_KEY', 'EMPTY', 'NOT_SET']));
  console.log(JSON.stringify([process.env.SECRETS_KEY, process.env.EMPTY, process.env.KEPT, process.env.LAST]));
  await new Promise((resolve) => process.stdin.on('end', resolve).resume());
`;

(process.platform === 'linux' ? it : it.skip)(
  'secrets leave the environment of a process, and what the kernel shows of it',
  async () => {
    const env = { FIRST: '1', SECRETS_KEY: 'the key = of the gateway', EMPTY: '', KEPT: 'kept', LAST: 'last' };
    const loader = join(import.meta.dirname, '../../../test/support/typescript.mjs');
    const child = spawn(process.execPath, ['--import', loader, '--input-type=module', '-e', PROGRAM], { env });
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const shown = readFileSync(`/proc/${child.pid}/environ`, 'utf8');
    child.stdin.end();
    await once(child, 'exit');

    expect(JSON.parse(line)).toEqual([null, null, 'kept', 'last']);
    expect(shown).not.toContain('the key');
    expect(shown).toContain('KEPT=kept\0LAST=last');
  },
);
