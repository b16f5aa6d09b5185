import type { StepResult } from './smoke-step.js';

const MARKS: Readonly<Record<StepResult['outcome'], string>> = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' };

/** Returns the line of a step for people. */
export function lineOf({ step, outcome, detail, took }: StepResult): string {
  return `${MARKS[outcome]}  ${step.suite}: ${step.name}  ${Math.round(took)} ms${detail === undefined ? '' : `  ${detail}`}`;
}

export function summaryOf(results: readonly StepResult[]): string {
  const { passed, failed, skipped } = counted(results);
  return `${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds(results)} s`;
}

/** Returns the JUnit report for CI systems. */
export function junitOf(results: readonly StepResult[], url: string): string {
  const { failed, skipped } = counted(results);
  const counts = `tests="${results.length}" failures="${failed}" errors="0" skipped="${skipped}" time="${seconds(results)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(`smoke test of ${url}`)}" ${counts}>`,
    ...results.map(testCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase({ step, outcome, detail = '', took }: StepResult): string {
  const open = `    <testcase classname="${escaped(step.suite)}" name="${escaped(step.name)}" time="${(took / 1000).toFixed(3)}"`;
  if (outcome === 'failed') return `${open}><failure message="${escaped(detail)}"/></testcase>`;
  if (outcome === 'skipped') return `${open}><skipped message="${escaped(detail)}"/></testcase>`;
  return `${open}/>`;
}

const counted = (results: readonly StepResult[]) => {
  const count = (wanted: StepResult['outcome']): number => results.filter(({ outcome }) => outcome === wanted).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
};

const seconds = (results: readonly StepResult[]): string =>
  (results.reduce((sum, { took }) => sum + took, 0) / 1000).toFixed(3);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text for XML. Text from upstreams may contain characters that XML 1.0 forbids. */
const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!)
    .replace(/[\t\n\r]/g, ' ');
