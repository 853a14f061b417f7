// The issuer, its client and the service that the tests of `check` use.
import { after, before } from 'node:test';
import { run, settings, startIssuer, startService } from './harness.mjs';

export const client = ['--client-id', 'svc', '--client-secret', 'svc-secret'];

/** Starts an issuer and the service before the tests of a suite, and stops both after them. */
export function checkWorld() {
  const world = {
    /** Runs `check` with the settings of the service. */
    check: (url, ...args) => run(['check', '--url', url, ...args], settings(world.issuer)),
  };
  before(async () => {
    world.issuer = await startIssuer();
    // Profile `dev` would answer to no other host than this machine's own.
    world.service = await startService({ ...settings(world.issuer), RESOURCE_SERVER_PROFILE: 'production' });
  });
  after(async () => {
    await world.service?.stop();
    await world.issuer?.stop();
  });
  return world;
}
