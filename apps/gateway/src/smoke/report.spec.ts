import { execFileSync } from 'node:child_process';
import { junitOf, lineOf, summaryOf } from './report.js';
import type { StepResult } from './smoke-step.js';

const EVIL = 'a "quoted" <tag> & ]]> with \u0000, \u001b[31m, \ud800 and\na second line: 漢字 😀';

const result = (outcome: StepResult['outcome'], detail?: string): StepResult => ({
  step: { suite: `suite of "${outcome}"`, name: `<${outcome}>` },
  outcome,
  detail,
  took: 1234.5,
});
const RESULTS = [result('passed', 'fine'), result('failed', EVIL), result('failed'), result('skipped', EVIL)];

/** A program for Python that parses XML, stops at the first fault, and prints the tree as JSON. */
const PARSE = `
import json, sys, xml.etree.ElementTree as tree
def plain(node): return {"tag": node.tag, "attributes": node.attrib, "children": [plain(child) for child in node]}
print(json.dumps(plain(tree.fromstring(sys.stdin.buffer.read()))))`;

interface XmlNode {
  readonly tag: string;
  readonly attributes: Record<string, string>;
  readonly children: readonly XmlNode[];
}

const parsed = (xml: string): XmlNode =>
  JSON.parse(execFileSync('python3', ['-c', PARSE], { input: xml, encoding: 'utf8' })) as XmlNode;

describe('The report of a smoke test', () => {
  it('is XML with the right counts, whatever an upstream says', () => {
    const root = parsed(junitOf(RESULTS, 'https://gateway.example.com/?a=1&b=<2>'));
    const counts = { tests: '4', failures: '2', errors: '0', skipped: '1', time: '4.938' };
    expect(root).toMatchObject({ tag: 'testsuites', attributes: counts });
    const [suite] = root.children;
    expect(suite).toMatchObject({
      tag: 'testsuite',
      attributes: { name: 'smoke test of https://gateway.example.com/?a=1&b=<2>', ...counts },
    });
    expect(
      suite!.children.map(({ attributes, children }) => [attributes.name, children.map(({ tag }) => tag)]),
    ).toEqual([
      ['<passed>', []],
      ['<failed>', ['failure']],
      ['<failed>', ['failure']],
      ['<skipped>', ['skipped']],
    ]);
    expect(suite!.children[0]!.attributes).toMatchObject({ classname: 'suite of "passed"', time: '1.234' });
    expect(suite!.children[1]!.children[0]!.attributes.message).toBe(
      'a "quoted" <tag> & ]]> with \ufffd, \ufffd[31m, \ufffd and a second line: 漢字 😀',
    );
  });

  it('is one line for each step and a summary, for people', () => {
    expect(lineOf(RESULTS[0]!)).toBe('ok    suite of "passed": <passed>  1235 ms  fine');
    expect(lineOf(RESULTS[2]!)).toBe('FAIL  suite of "failed": <failed>  1235 ms');
    expect(summaryOf(RESULTS)).toBe('1 passed, 2 failed, 1 skipped in 4.938 s');
  });
});
