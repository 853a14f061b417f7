// Opens many streams and reads what arrives: server-sent events, or WebSockets.
import { once } from 'node:events';
import net from 'node:net';

const AT_ONCE = 100;

const REQUESTS = {
  events: 'GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n',
  sockets:
    'GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
};
const STATUS = { events: 'HTTP/1.1 200 ', sockets: 'HTTP/1.1 101 ' };

/** Opens `count` streams at `url`. `open` counts those that the server has not ended. */
export async function openStreams(url, kind, count) {
  const { hostname, port } = new URL(url);
  const sockets = new Set();
  const one = async () => {
    const socket = net.connect(Number(port), hostname);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    await once(socket, 'connect');
    socket.write(REQUESTS[kind]);
    const [head] = await once(socket, 'data');
    if (!head.toString('latin1').startsWith(STATUS[kind])) throw new Error(`${url}: ${head}`);
    sockets.add(socket.resume());
  };
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - opened) }, one));
  }
  return { open: () => sockets.size, stop: () => sockets.forEach((socket) => socket.destroy()) };
}
