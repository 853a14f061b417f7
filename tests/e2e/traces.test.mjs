// Traces, as an operator sees them whose collector comes and goes.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { call, eventually, freePort, settings, startIssuer, startService } from './harness.mjs';

/** Keeps the bodies of what is sent to it. */
async function startCollector(port) {
  const bodies = [];
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push({ url: request.url, type: request.headers['content-type'], body: Buffer.concat(chunks) });
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections());
  return { bodies, stop };
}

describe('traces', () => {
  let issuer;
  before(async () => (issuer = await startIssuer()));
  after(() => issuer?.stop());

  test('are lost while the collector is unreachable, which is logged once, and are sent when it returns', async () => {
    const port = await freePort();
    const service = await startService({
      ...settings(issuer),
      RESOURCE_SERVER_TELEMETRY__OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=testing',
    });
    const log = () => service.output.stderr;
    const lines = (text) => log().split('\n').filter((line) => line.includes(text));

    await eventually(log, async () => {
      assert.equal((await call(`${service.url}/api/hello`)).status, 200);
      return lines('spans not sent').length === 2;
    });
    const collector = await startCollector(port);
    const refused = await eventually(log, async () => {
      const answer = await call(`${service.url}/api/whoami`);
      return lines('spans are sent again').length === 1 && answer;
    });
    const code = await service.stop();
    await collector.stop();

    assert.equal(code, 0, log());
    const { trace_id: trace, reason } = refused.json();
    assert.equal(reason, 'missing_credentials');
    const sent = Buffer.concat(collector.bodies.map(({ body }) => body));
    assert.ok(sent.includes(Buffer.from(trace, 'hex')), 'the last one too');
    assert.ok(sent.includes('deployment.environment.name'));
    for (const { url, type } of collector.bodies) {
      assert.equal(url, '/v1/traces');
      assert.equal(type, 'application/x-protobuf');
    }
    const [first] = lines('spans not sent');
    assert.match(first, /failures=1 spans=\d+/);
  });
});
