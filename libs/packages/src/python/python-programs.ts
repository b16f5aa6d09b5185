/*
 * What the interpreter is started with (`python -I -c`). The gateway holds the other end of stdin: when the gateway is gone, even by
 * SIGKILL, the read returns and the whole process group ends, so that nobody writes into a folder that the next start sweeps away.
 */
const ATTENDED = `
import os, runpy, signal, sys, threading

gateway = os.dup(0)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

def end_with_the_gateway():
    os.read(gateway, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)

threading.Thread(target=end_with_the_gateway, daemon=True).start()
os.nice(10)
`;

/** Arguments: those of the module venv. */
export const VENV_PROGRAM = `${ATTENDED}
runpy.run_module('venv', run_name='__main__', alter_sys=True)
`;

/** What pip says when it wanted to start a program and may not. */
export const REFUSED_PROGRAM = 'Building from source is not allowed';

/**
 * Arguments: pip's wheel, the folder where it is unpacked once, \`wheels-only\` or \`any\`, and pip's own.
 *
 * \`--only-binary\` holds for what comes from an index. A dependency at a URL or in a repository of its own is built all the same, which
 * runs its code; the hook stops pip from starting any program (it cannot be removed again). Nothing that pip does with a wheel needs one,
 * but for asking the C library of Alpine for its version.
 */
export const PIP_PROGRAM = `${ATTENDED}
import shutil, tempfile, zipfile

wheel, place, mode = sys.argv[1:4]
sys.argv[1:4] = []

if not os.path.isdir(place):
    unpacked = tempfile.mkdtemp(dir=os.path.dirname(place))
    zipfile.ZipFile(wheel).extractall(unpacked)
    try:
        os.rename(unpacked, place)
    except OSError:  # another install was faster
        shutil.rmtree(unpacked)

STARTS = {'subprocess.Popen', 'os.system', 'os.exec', 'os.fork', 'os.forkpty', 'os.posix_spawn', 'os.spawn'}

def refuse_programs(event, args):
    if event not in STARTS:
        return
    if event == 'subprocess.Popen' and len(args[1]) == 1 and os.path.basename(args[1][0]).startswith('ld-musl-'):
        return
    raise OSError('${REFUSED_PROGRAM}')

if mode == 'wheels-only':
    sys.addaudithook(refuse_programs)
sys.path.insert(0, place)
runpy.run_module('pip', run_name='__main__', alter_sys=True)
`;
