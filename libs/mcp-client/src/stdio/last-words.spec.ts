import { LastWords, withoutFolders } from './last-words.js';

/** Returns the cause that is found in an output on stderr. */
const causeOf = (stderr: string, stdout = ''): string | undefined => {
  const words = new LastWords();
  for (const line of stdout.split('\n')) words.add(line, 'stdout');
  for (const line of stderr.split('\n')) words.add(line, 'stderr');
  return words.cause();
};

describe('the cause of the end of a program', () => {
  it.each([
    [
      'a thrown error of Node',
      `/srv/app/index.js:3
    throw new Error('WEATHER_API_KEY is required');
    ^

Error: WEATHER_API_KEY is required
    at Object.<anonymous> (/srv/app/index.js:3:11)
    at Module._compile (node:internal/modules/cjs/loader:1554:14)

Node.js v20.20.2`,
      'Error: WEATHER_API_KEY is required',
    ],
    [
      'a module that is missing',
      `node:internal/modules/cjs/loader:1228
  throw err;
  ^

Error: Cannot find module 'left-pad'
Require stack:
- /srv/app/index.js
    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15) {
  code: 'MODULE_NOT_FOUND',
  requireStack: [ '/srv/app/index.js' ]
}

Node.js v20.20.2`,
      "Error: Cannot find module 'left-pad'",
    ],
    [
      'a rejection with a text',
      `node:internal/process/promises:288
            triggerUncaughtException(err, true /* fromPromise */);
            ^

[UnhandledPromiseRejection: This error originated either by throwing. The promise rejected with the reason "no key".] {
  code: 'ERR_UNHANDLED_REJECTION'
}

Node.js v20.20.2`,
      /rejected with the reason "no key"/,
    ],
    [
      'an error with members',
      `Error [ERR_SOCKET_BAD_PORT]: options.port should be >= 0 and < 65536. Received type number (99999).
    at Server.listen (node:net:2000:5) {
  code: 'ERR_SOCKET_BAD_PORT'
}`,
      /^Error \[ERR_SOCKET_BAD_PORT\]: options.port/,
    ],
    [
      'what zod refuses',
      `ZodError: [
  {
    "code": "invalid_type",
    "path": [
      "API_KEY"
    ],
    "message": "Required"
  }
]
    at handleResult (/srv/app/node_modules/zod/index.js:1:1)`,
      /^ZodError: \[ .*"API_KEY".*"message": "Required"/,
    ],
    [
      'a traceback of Python',
      `INFO:server:Starting
Traceback (most recent call last):
  File "/usr/lib/python3.11/runpy.py", line 198, in _run_module_as_main
    return _run_code(code, main_globals, None,
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/app/server.py", line 7, in <module>
    key = os.environ["WEATHER_API_KEY"]
          ~~~~~~~~~~^^^^^^^^^^^^^^^^^^^
KeyError: 'WEATHER_API_KEY'`,
      "KeyError: 'WEATHER_API_KEY'",
    ],
    [
      'an exception in a group',
      `  + Exception Group Traceback (most recent call last):
  |   File "/srv/app/server.py", line 9, in <module>
  |     anyio.run(main)
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/app/server.py", line 4, in main
    |     raise ValueError("no such region: eu-9")
    | ValueError: no such region: eu-9
    +------------------------------------`,
      'ValueError: no such region: eu-9',
    ],
    [
      'settings that pydantic refuses',
      `Traceback (most recent call last):
  File "/srv/app/server.py", line 3, in <module>
    Settings()
pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings
api_key
  Field required [type=missing, input_value={}, input_type=dict]`,
      /ValidationError: 1 validation error for Settings api_key Field required/,
    ],
    [
      'a text of argparse',
      'usage: server [-h] --key KEY\nserver: error: the following arguments are required: --key',
      /required: --key$/,
    ],
    [
      'a text of clap',
      `error: the following required arguments were not provided:
  --api-key <KEY>

Usage: server --api-key <KEY>

For more information, try '--help'.`,
      'error: the following required arguments were not provided: --api-key <KEY>',
    ],
    [
      'a panic of Go',
      `panic: TOKEN must be set

goroutine 1 [running]:
main.main()
	/build/main.go:8 +0x25
exit status 2`,
      'panic: TOKEN must be set',
    ],
    [
      'a panic of Rust',
      `thread 'main' (4711) panicked at src/main.rs:4:44:
called \`Result::unwrap()\` on an \`Err\` value: NotPresent
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace`,
      /^called `Result::unwrap\(\)` on an `Err` value: NotPresent$/,
    ],
    [
      'an exception of Java',
      `Exception in thread "main" java.lang.RuntimeException: it cannot start
	at com.example.Main.main(Main.java:5)
Caused by: java.lang.IllegalStateException: TOKEN is not set
	at com.example.Config.load(Config.java:9)
	... 1 more`,
      'Caused by: java.lang.IllegalStateException: TOKEN is not set',
    ],
    [
      'a refusal of npm',
      `npm error code E404
npm error 404 Not Found - GET https://registry.example.com/mcp-server-nothing - Not found
npm error 404
npm error 404  'mcp-server-nothing@*' is not in this registry.
npm error A complete log of this run can be found in: /root/.npm/_logs/2026-01-01T00_00_00_000Z-debug-0.log`,
      '404 Not Found - GET https://registry.example.com/mcp-server-nothing - Not found',
    ],
    [
      'a refusal of uv',
      `  × No solution found when resolving tool dependencies:
  ╰─▶ Because mcp-nothing was not found in the package registry and you require mcp-nothing, we can conclude that your requirements are unsatisfiable.`,
      /^Because mcp-nothing was not found in the package registry/,
    ],
    [
      'a message before the usage',
      'Error: an API key is required\nUsage: server --key KEY\n\nOptions:\n  --help  show this',
      'Error: an API key is required',
    ],
    [
      'a warning beside it',
      `The token is missing
(node:4711) ExperimentalWarning: SQLite is an experimental feature and might change at any time
(Use \`node --trace-warnings ...\` to show where the warning was created)`,
      'The token is missing',
    ],
    [
      'a log line in JSON',
      '{"level":30,"msg":"hello"}\n{"level":60,"time":1,"msg":"TOKEN is missing"}\n{"level":30,"msg":"bye"}',
      'TOKEN is missing',
    ],
    [
      'an error in a log line',
      '{"severity":"ERROR","err":{"message":"no route to db"},"msg":"start failed"}',
      'no route to db',
    ],
    ['one line', 'license expired', 'license expired'],
  ])('is read from %s', (_what, stderr, expected) => {
    if (typeof expected === 'string') expect(causeOf(stderr)).toBe(expected);
    else expect(causeOf(stderr)).toMatch(expected);
  });

  it('is read from stdout, where stderr says less', () => {
    expect(causeOf('Weather server 1.0', 'ERROR: set WEATHER_API_KEY')).toBe('ERROR: set WEATHER_API_KEY');
    expect(causeOf('Error: no key', 'listening')).toBe('Error: no key');
    expect(causeOf('', 'no key')).toBe('no key');
  });

  it('is unknown after no output, and after none of use', () => {
    expect(causeOf('')).toBeUndefined();
    expect(causeOf('\n\nNode.js v20.20.2\n    at main (/srv/app/index.js:1:1)')).toBeUndefined();
  });

  it('is found in the first lines before very much output', () => {
    const words = new LastWords();
    words.add('Error: the key is missing', 'stderr');
    for (let line = 0; line < 10_000; line += 1) words.add(`shutting down ${line}`, 'stderr');
    expect(words.cause()).toBe('Error: the key is missing');
  });

  it('has a bounded length, and takes bounded work on any line', () => {
    expect(causeOf(`Error: ${'x'.repeat(1_000_000)}`)!.length).toBeLessThanOrEqual(600);
    for (const hostile of [
      'a.'.repeat(50_000),
      ' '.repeat(100_000),
      '| '.repeat(50_000),
      '+-'.repeat(50_000),
      '{'.repeat(50_000),
    ]) {
      expect(causeOf(hostile)?.length ?? 0).toBeLessThanOrEqual(600);
    }
  });

  it('is shown without folders of the host', () => {
    expect(withoutFolders("Cannot find module '/srv/tenants/a/index.js' from C:\\Users\\me\\x.js")).toBe(
      "Cannot find module 'index.js' from x.js",
    );
    expect(withoutFolders('file:///home/me/app/x.mjs:3 and https://example.com/home/me, GET /v1/models')).toBe(
      'x.mjs:3 and https://example.com/home/me, GET /v1/models',
    );
  });

  it.each([
    '{"message":"x","level":{"toString":1,"valueOf":1}}',
    '{"message":"x","level":[[]],"severity":null}',
    '{"message":{"message":1},"err":{"message":{}}}',
    '{"__proto__":{"message":"x"}}',
  ])('is looked for in hostile log lines: %s', (line) => {
    expect(() => causeOf(line)).not.toThrow();
  });
});
