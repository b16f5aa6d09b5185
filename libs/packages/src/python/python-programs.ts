/*
 * Programs for the interpreter (`python -I -c`). The gateway holds the other end of stdin. When the gateway ends, even by SIGKILL, the read
 * returns and the whole process group is killed. So no process writes into a folder that the next start removes.
 */
const ATTENDED = `
import os, runpy, signal, sys, threading

gateway = os.dup(0)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

def end_with_the_gateway():
    os.read(gateway, 1)
    os.kill(0, signal.SIGKILL)

threading.Thread(target=end_with_the_gateway, daemon=True).start()
`;

/** Program that runs the module venv. Its arguments are those of venv. */
export const VENV_PROGRAM = `${ATTENDED}
runpy.run_module('venv', run_name='__main__', alter_sys=True)
`;

/** Error message when pip tries to start a program that is not allowed. */
export const REFUSED_PROGRAM = 'Building from source is not allowed';

/** Variable for the program that runs pip: a file with certificates to trust in addition. */
export const EXTRA_CERTIFICATES = 'EXTRA_CERTIFICATES';

/**
 * Program that runs pip. Arguments: pip's wheel, the folder where it is unpacked once, `wheels-only` or `any`, and pip's own arguments.
 *
 * `--only-binary` applies only to packages from an index. pip would still build a dependency from a URL or a repository, which runs its
 * code. The audit hook therefore prevents pip from starting any program, and a hook cannot be removed again. To install a wheel, pip needs
 * no program, except on Alpine, where it asks the C library for its version.
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

extra = os.environ.pop('${EXTRA_CERTIFICATES}', None)
if extra:
    from pip._vendor import certifi
    try:
        with tempfile.NamedTemporaryFile(suffix='.pem', delete=False) as bundle:
            for file in (certifi.where(), extra):
                with open(file, 'rb') as certificates:
                    bundle.write(certificates.read() + b'\\n')
        os.environ['PIP_CERT'] = bundle.name
    except OSError as error:
        print('WARNING: the file of NODE_EXTRA_CA_CERTS cannot be read:', error.strerror)

runpy.run_module('pip', run_name='__main__', alter_sys=True)
`;
