// Tokens and the endpoint of before must not be used by mistake.
['tokenEndpoint', 'accessToken', 'tamperedToken'].forEach((name) => pm.collectionVariables.unset(name));

const issuer = pm.variables.get('issuer');
pm.sendRequest(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, (error, response) => {
    pm.test('the issuer says where it grants tokens', () => {
        pm.expect(error).to.not.be.ok;
        pm.expect(response.code).to.equal(200);
        const metadata = response.json();
        pm.expect(metadata.issuer).to.equal(issuer);
        pm.collectionVariables.set('tokenEndpoint', metadata.token_endpoint);
    });
});
