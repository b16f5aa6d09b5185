// A gateway that starts a server and exits at once, without closing anything. Prints the server's process id.
const { spawn } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { ModuleKind, transpileModule } = require('typescript');

const source = readFileSync(join(__dirname, '../../../launcher/src/processes/process-group.ts'), 'utf8');
const { outputText } = transpileModule(source, { compilerOptions: { module: ModuleKind.CommonJS } });
const exported = {};
new Function('exports', outputText)(exported);

const { pid } = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
exported.guardGroup(pid);
process.stdout.write(String(pid), () => process.exit(0));
