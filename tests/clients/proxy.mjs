// A wire that can be cut: a TCP proxy in front of the gateway. Chromium's own offline mode leaves open WebSockets alone.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

import { origin } from './gateway.mjs';

export class Wire {
  #sockets = new Set();
  #server = createServer((client) => this.#join(client));
  #isCut = false;

  static async open() {
    const wire = new Wire();
    wire.#server.listen(0, new URL(origin).hostname);
    await once(wire.#server, 'listening');
    wire.origin = `http://${new URL(origin).hostname}:${wire.#server.address().port}`;
    return wire;
  }

  /** Everything that is open breaks, and nothing can be opened. */
  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend() {
    this.#isCut = false;
  }

  close() {
    this.cut();
    this.#server.close();
  }

  #join(client) {
    if (this.#isCut) return client.destroy();
    const { hostname, port } = new URL(origin);
    const server = connect(Number(port), hostname);
    for (const [socket, other] of [[client, server], [server, client]]) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
