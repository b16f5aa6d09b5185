/*
 * Rules for ESLint's no-restricted-syntax: what a test worker must not measure. It has run other files before, and other work runs
 * beside it. eslint.config.mjs applies them to all that a worker loads; test/support/measuring says how to measure instead.
 */
const OWN_PROCESS = 'Measure it in a process of its own: a *.measure.ts program that figuresOf() starts.';
const ORDER =
  'A test must not depend on speed: compare the order of events (settlesWithin), use a fake clock, or measure CPU in a process of its own.';

const memberOf = (object, properties) =>
  `MemberExpression[object.name='${object}'][property.name=/^(${properties.join('|')})$/]`;
const ofModules = (modules) => `ImportDeclaration[source.value=/^(node:)?(${modules.join('|')})$/]`;

/** Readings of the clock of which another one is taken away. */
const elapsed = ['Identifier', 'MemberExpression'].map(
  (type) =>
    `BinaryExpression[operator='-'][left.callee.object.name=/^(performance|Date)$/][left.callee.property.name='now'][right.type='${type}']`,
);

export const measuringRules = [
  {
    selector: memberOf('process', [
      'memoryUsage',
      'cpuUsage',
      'threadCpuUsage',
      'resourceUsage',
      'hrtime',
      'constrainedMemory',
      'availableMemory',
      'getActiveResourcesInfo',
      '_getActiveHandles',
      '_getActiveRequests',
    ]),
    message: OWN_PROCESS,
  },
  { selector: memberOf('performance', ['eventLoopUtilization', 'measure', 'mark', 'timerify']), message: OWN_PROCESS },
  { selector: ofModules(['v8', 'perf_hooks', 'inspector']), message: OWN_PROCESS },
  { selector: 'Identifier[name=/^(gc|WeakRef|FinalizationRegistry)$/]', message: OWN_PROCESS },
  {
    selector: 'Literal[value=/expose[-_]gc|^gc$|\\bpgrep\\b|^\\u002fproc$|\\u002fproc\\u002fself/]',
    message: OWN_PROCESS,
  },
  { selector: 'TemplateElement[value.raw=/\\bpgrep\\b|\\u002fproc\\u002fself/]', message: OWN_PROCESS },
  {
    selector:
      "TemplateLiteral:has(TemplateElement[value.raw=/\\u002fproc\\u002f/]) > MemberExpression[object.name='process'][property.name='pid']",
    message: OWN_PROCESS,
  },
  {
    selector:
      "CallExpression[callee.name='descendants'] > MemberExpression[object.name='process'][property.name='pid']",
    message: `Children of other tests may be there: look for a name of your own (processesNaming). ${OWN_PROCESS}`,
  },
  ...elapsed.map((selector) => ({ selector, message: ORDER })),
];
