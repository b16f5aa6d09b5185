import assert from 'node:assert/strict';
import { cpuMs, report } from '../../../../test/support/measuring/measures.js';
import { ToolSearch } from '../../src/search/tool-search.js';
import { EVERYTHING } from '../../src/catalogue/view.js';
import { catalogueOf, descriptor, NOUNS, sentence, VERBS } from './searchable-tools.js';

const QUERIES = ['verbc nounbk', 'app verbd of the nounan', 'app', 'nuonbk verbj', 'verba with things'];

const tools = Array.from({ length: 5_000 }, (_, index) =>
  descriptor(`app${index % 50}`, `${VERBS[index % 10]}-${NOUNS[Math.floor(index / 10) % 40]}-${index}`, {
    description: `${VERBS[index % 10]}s a ${NOUNS[Math.floor(index / 10) % 40]} in the app ${sentence(index)}`,
  }),
);
let turns = 0;
const others = setInterval(() => (turns += 1), 0);
const search = await ToolSearch.over(catalogueOf(...tools));
clearInterval(others);

for (const query of QUERIES) search.find(query, 10, EVERYTHING); // compiles what searches
const times = QUERIES.flatMap((query) =>
  Array.from({ length: 5 }, () => cpuMs(() => assert.equal(search.find(query, 10, EVERYTHING).length, 10))),
);
report({ turns, medianMs: times.sort((a, b) => a - b)[Math.floor(times.length / 2)]! });
