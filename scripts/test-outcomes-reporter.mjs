/** A reporter for node's test runner: one line of JSON for each test that ended, for run-stage.ts to read. */
export default async function* outcomes(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const { file, name, details } = data;
    // A suite says nothing that its tests do not, unless it failed by itself.
    const failure = type === 'test:fail' ? details.error?.failureType : undefined;
    if (failure === 'subtestsFailed' || (failure === undefined && details.type === 'suite')) continue;
    const outcome = type === 'test:fail' ? 'fail' : skipped(data) ? 'skipped' : 'pass';
    yield `${JSON.stringify({ file, name, outcome })}\n`;
  }
}

function skipped({ skip, todo }) {
  return skip !== undefined || todo !== undefined;
}
