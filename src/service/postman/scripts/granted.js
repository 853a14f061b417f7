const answer = (() => {
    try {
        return pm.response.json();
    } catch (error) {
        return {};
    }
})();

// Okta: "Require Demonstrating Proof of Possession (DPoP) header in token requests".
const isBound = /^(use_dpop_nonce|invalid_dpop_proof)$/.test(answer.error) || /^dpop$/i.test(answer.token_type);
if (isBound) {
    pm.test('the client may use bearer tokens', () => {
        pm.expect.fail(
            'The issuer requires DPoP of this client. This collection cannot make DPoP proofs, because not every sandbox ' +
                'of Postman can sign. Use a client without that requirement, or call the API from a terminal: ' +
                'the commands "token --dpop" and "proof" of the service make the token and its proofs.',
        );
    });
    pm.execution.setNextRequest(null);
} else {
    pm.test('the status is 200', () => pm.response.to.have.status(200));

    pm.test('an access token is granted', () => {
        const { access_token: token, token_type: type } = answer;
        pm.expect(type).to.match(/^bearer$/i);
        pm.expect(token).to.match(/^[\w-]+\.[\w-]+\.[\w-]+$/);
        pm.collectionVariables.set('accessToken', token);

        const [header, payload, signature] = token.split('.');
        const tampered = (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1);
        pm.collectionVariables.set('tamperedToken', [header, payload, tampered].join('.'));
    });
}
