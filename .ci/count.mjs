// node .ci/count.mjs REPORT: how many passed, failed and were skipped, by vitest's JSON report or by build/foreign.json.
// A report that is missing or cannot be read has none of them: .ci/run counts its stage as failed.

import { readFileSync } from 'node:fs';

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    console.error(`no report: ${error.message}`);
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

/** A file that could not even be collected, or whose hooks failed, has no failed test, and is one failure. */
function isBroken({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
}

function countVitest({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) {
  const failed = numFailedTests + testResults.filter(isBroken).length;
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
}

const report = read(process.argv[2]);
const { passed, failed, skipped } = 'testResults' in report ? countVitest(report) : report;
console.log(passed, failed, skipped);
