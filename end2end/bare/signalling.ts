import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import { WebSocketServer, type WebSocket } from 'ws';

const page = readFileSync(path.join(__dirname, 'call.html'));

/** A minimal signalling server: matches visitors in order of arrival and forwards their messages unchanged. */
export class SignallingServer {
  private waiting: WebSocket | null = null;

  private constructor(
    private readonly server: http.Server,
    private readonly sockets: WebSocketServer,
  ) {}

  static async open(): Promise<SignallingServer> {
    const server = http.createServer((request, response) => {
      if (request.url === '/') response.setHeader('content-type', 'text/html').end(page);
      else response.writeHead(204).end();
    });
    const sockets = new WebSocketServer({ server });
    const signalling = new SignallingServer(server, sockets);
    sockets.on('connection', (socket) => signalling.match(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return signalling;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets.clients) socket.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private match(newcomer: WebSocket): void {
    const first = this.waiting;
    if (!first || first.readyState !== first.OPEN) {
      this.waiting = newcomer;
      return;
    }
    this.waiting = null;
    for (const [from, to] of [
      [first, newcomer],
      [newcomer, first],
    ] as const) {
      from.on('message', (data) => to.send(data.toString()));
      from.send(JSON.stringify({ msg: { matched: { offers: from === first } } }));
    }
  }
}
