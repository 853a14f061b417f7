// So many TLS connections one after the other, each with one request:
//   node handshakes.mjs URL COUNT full|resume
// Prints the seconds that they took, and how many resumed the session of the first one.
import tls from 'node:tls';

const [url, count, way] = process.argv.slice(2);
const { hostname, port, pathname } = new URL(url);
const request = `GET ${pathname} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;

/** One connection: whether it resumed a session, and the last session that the server offered. */
function connect(session) {
  return new Promise((resolve, reject) => {
    const options = { host: hostname, port: Number(port), rejectUnauthorized: false, session };
    let offered;
    let text = '';
    let isResumed;
    const socket = tls.connect({ ...options, minVersion: 'TLSv1.3' }, () => {
      isResumed = socket.isSessionReused();
      socket.write(request);
    });
    socket.setEncoding('latin1');
    socket.on('session', (its) => (offered = its));
    socket.on('data', (part) => (text += part));
    socket.on('error', reject);
    socket.on('close', () => {
      if (!text.startsWith('HTTP/1.1 200 ')) return reject(new Error(`${url}: ${text}`));
      resolve({ isResumed, offered });
    });
  });
}

let { offered } = await connect();
let resumed = 0;
const began = performance.now();
for (let number = 0; number < Number(count); number += 1) {
  const connection = await connect(way === 'resume' ? offered : undefined);
  resumed += connection.isResumed ? 1 : 0;
  // A ticket is used once (RFC 8446 appendix C.4).
  offered = connection.offered ?? offered;
}
console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000, resumed }));
