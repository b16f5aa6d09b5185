import tseslint from 'typescript-eslint';
import { measuringRules } from './scripts/measuring-rules.mjs';

const processEnv = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'The environment is read in libs/config only.',
};
const globalFetch = {
  selector: "CallExpression[callee.name='fetch']",
  message: 'Outgoing requests go through libs/egress.',
};

export default tseslint.config(
  { ignores: ['build/', 'dist/', 'node_modules/', 'data/', 'coverage/'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/testing/**', 'libs/config/**', 'libs/egress/**'],
    rules: { 'no-restricted-syntax': ['error', processEnv, globalFetch] },
  },
  {
    // The smoke test and the import of an mcp-api are clients: they go to the gateway that they are told, wherever that is.
    files: ['apps/gateway/src/smoke/**/*.ts', 'apps/gateway/src/gateway-client.ts'],
    rules: { 'no-restricted-syntax': ['error', processEnv] },
  },
  {
    files: ['libs/config/**/*.ts', 'libs/egress/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // All that a test worker loads. Not those that read /proc of processes that a test has started.
    files: ['**/*.spec.ts', '**/testing/**/*.ts', 'test/**/*.ts'],
    ignores: ['**/*.measure.ts', 'test/support/measuring/*.ts', 'test/support/process-tree.ts', 'test/support/fuzz.ts'],
    rules: { 'no-restricted-syntax': ['error', ...measuringRules] },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs' },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  { files: ['scripts/**', 'bench/**', 'test/**'], rules: { 'no-console': 'off' } },
);
