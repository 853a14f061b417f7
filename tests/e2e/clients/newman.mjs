// Runs a collection as Postman's runner does, and reports what happened to each request.
import newman from 'newman';

/**
 * Yields `passed` and `failed`, the names of the tests as `request: test`, `reasons`, the messages
 * of the failed ones, `requests`, by name what was sent and answered, and `sent`, the number of
 * requests that left. Another failure, such as a script that breaks, is in `failed` too.
 */
export function runCollection(collection, variables, name = 'e2e') {
  const values = Object.entries(variables).map(([key, value]) => ({ key, value }));
  const environment = { name, values };
  return new Promise((resolve, reject) => {
    const options = { collection, environment, reporters: [], timeoutRequest: 10_000 };
    newman.run(options, (error, summary) => {
      if (error) return reject(error);
      const { executions, failures } = summary.run;
      const failed = failures.map(({ source, error }) => `${source?.name}: ${error.test ?? error.message}`);
      const reasons = failures.map(({ error }) => error.message);
      const sent = executions.filter(({ response }) => response).length;
      const passed = [];
      const requests = {};
      for (const { item, assertions = [], request, response } of executions) {
        const good = assertions.filter(({ error, skipped }) => !error && !skipped);
        passed.push(...good.map(({ assertion }) => `${item.name}: ${assertion}`));
        const authorization = request?.headers.get('Authorization');
        requests[item.name] = { authorization, status: response?.code, tests: assertions.length };
      }
      resolve({ passed, failed, reasons, requests, sent });
    });
  });
}

/** An environment file's values by their keys. */
export const variables = (environment) =>
  Object.fromEntries(environment.values.map(({ key, value }) => [key, value]));
