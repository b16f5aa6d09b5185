/*
 * Rules for ESLint's no-restricted-syntax: measurements that are forbidden in a test worker. A worker has run other files before, and other
 * work runs in parallel. eslint.config.mjs applies the rules to all files that a worker loads; test/support/measuring says how to measure
 * instead.
 */
const OWN_PROCESS = 'Measure it in a process of its own: a *.measure.ts program that figuresOf() starts.';
const ORDER =
  'A test must not depend on speed: use a fake clock, compare the order of events in this process (settlesWithin), or measure CPU in a process of its own.';

const PROCESS_WIDE =
  'memoryUsage|cpuUsage|threadCpuUsage|resourceUsage|hrtime|constrainedMemory|availableMemory|getActiveResourcesInfo|_getActiveHandles|_getActiveRequests';
const MODULES = '^(node:)?(v8|perf_hooks|inspector)$';

/** Differences of two clock readings. */
const elapsed = `BinaryExpression[operator='-'][left.callee.object.name=/^(performance|Date)$/][left.callee.property.name='now'][right.type=/^(Identifier|MemberExpression|TSNonNullExpression|CallExpression)$/]`;

export const measuringRules = [
  `MemberExpression[object.name='process'][property.name=/^(${PROCESS_WIDE})$/]`,
  `MemberExpression[object.name='process'][property.value=/^(${PROCESS_WIDE})$/]`,
  `VariableDeclarator[init.name='process'] Property[key.name=/^(${PROCESS_WIDE})$/]`,
  `ImportDeclaration[source.value=/^(node:)?process$/] ImportSpecifier[imported.name=/^(${PROCESS_WIDE})$/]`,
  "MemberExpression[object.name='performance'][property.name=/^(eventLoopUtilization|measure|mark|timerify)$/]",
  `ImportDeclaration[source.value=/${MODULES}/]`,
  `ImportExpression[source.value=/${MODULES}/]`,
  `CallExpression[callee.name='require'][arguments.0.value=/${MODULES}/]`,
  'Identifier[name=/^(gc|WeakRef|FinalizationRegistry|PerformanceObserver)$/]',
  'Literal[value=/expose[-_]gc|^gc$|\\bpgrep\\b|^\\u002fproc$|\\u002fproc\\u002fself/]',
  'TemplateElement[value.raw=/\\bpgrep\\b|\\u002fproc\\u002fself/]',
  "TemplateLiteral:has(TemplateElement[value.raw=/\\u002fproc\\u002f/]) > MemberExpression[object.name='process'][property.name='pid']",
  'ImportDeclaration[source.value=/measuring\\u002fmeasures\\.js$|\\.measure\\.js$/]',
]
  .map((selector) => ({ selector, message: OWN_PROCESS }))
  .concat(
    {
      selector:
        "CallExpression[callee.name='descendants'] > MemberExpression[object.name='process'][property.name='pid']",
      message: `Children of other tests may be there: look for a name of your own (processesNaming). ${OWN_PROCESS}`,
    },
    { selector: elapsed, message: ORDER },
    {
      selector: "ImportDeclaration[source.value='fast-check']",
      message: 'Import it from test/support/fuzz.ts, which gives all property tests one seed.',
    },
  );
