import { writeFileSync } from 'node:fs';
import { faultOf } from './install-fault.js';

function errorOf(task: () => void): unknown {
  try {
    return task();
  } catch (error) {
    return error;
  }
}

describe('faultOf', () => {
  it('knows a full disk', () => {
    const full = errorOf(() => writeFileSync('/dev/full', 'x'));
    expect(faultOf(full)).toEqual({ code: 'no_space', message: 'There is no space left for the package (ENOSPC)' });
  });

  it('names the file that cannot be written', () => {
    const folder = errorOf(() => writeFileSync('/usr', 'x'));
    expect(faultOf(folder)).toEqual({ code: 'install_failed', message: '/usr cannot be read or written (EISDIR)' });
  });

  it('passes on what npm says of other faults', () => {
    const conflict = Object.assign(new Error('unable to resolve dependency tree'), { code: 'ERESOLVE' });
    expect(faultOf(conflict)).toEqual({
      code: 'install_failed',
      message: 'npm failed (ERESOLVE): unable to resolve dependency tree',
    });
  });
});
