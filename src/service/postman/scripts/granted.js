pm.test('the status is 200', () => pm.response.to.have.status(200));

pm.test('an access token is granted', () => {
    const { access_token: token, token_type: type } = pm.response.json();
    pm.expect(type).to.match(/^bearer$/i);
    pm.expect(token).to.match(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    pm.collectionVariables.set('accessToken', token);

    const [header, payload, signature] = token.split('.');
    const tampered = (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1);
    pm.collectionVariables.set('tamperedToken', [header, payload, tampered].join('.'));
});
