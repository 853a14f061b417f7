// A token or an endpoint of an earlier run must not be used by mistake.
['tokenEndpoint', 'accessToken', 'tamperedToken'].forEach((name) => pm.collectionVariables.unset(name));

// A value such as https://{yourOktaDomain}/oauth2/default is still to be filled in.
const missing = ['issuer', 'clientId', 'clientSecret'].filter((name) => !/^[^{}<>]+$/.test(pm.variables.get(name) || ''));

if (missing.length) {
    pm.test(`the environment "${pm.environment.name}" has a value for ${missing.join(', ')}`, () => {
        pm.expect.fail(`fill in ${missing.join(', ')} in this environment, and run the collection again`);
    });
    pm.execution.setNextRequest(null);
    pm.execution.skipRequest();
}

const issuer = pm.variables.get('issuer');
pm.sendRequest(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, (error, response) => {
    pm.test('the issuer names its token endpoint', () => {
        pm.expect(error).to.not.be.ok;
        pm.expect(response.code).to.equal(200);
        const metadata = response.json();
        pm.expect(metadata.issuer).to.equal(issuer);
        pm.collectionVariables.set('tokenEndpoint', metadata.token_endpoint);
    });
});
