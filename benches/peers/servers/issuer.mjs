// What the Node servers know of their issuer: ISSUER, AUDIENCE, and the port to listen on.
export const { ISSUER: issuer, AUDIENCE: audience, PORT: port } = process.env;
export const listen = { host: '127.0.0.1', port: Number(port) };
export const greeting = {
  message: 'Hello! Anyone may call this; `/api/whoami` requires an access token.',
};
