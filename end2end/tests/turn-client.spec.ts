import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { WebSocket } from 'ws';

import { expect, test } from '../fixtures';
import { freePort } from '../fixtures/server';

/** Messages that each of the two clients of a run sends, and that come back. */
const messages = 20;

interface Credentials {
  username: string;
  credential: string;
}

/** Asks the server at this URL for credentials at its relay, as a page does that tests its paths. */
async function credentialsAt(url: string): Promise<Credentials> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'passerby.v1', { origin: url, rejectUnauthorized: false });
  const received = new Promise<Credentials>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server has closed the socket')));
    socket.on('message', (data) => {
      const { seq, msg } = JSON.parse(String(data));
      if (msg.welcome) socket.send(JSON.stringify({ seq: 1, ack: seq, msg: { check: {} } }));
      if (msg.check) resolve(msg.check.ice.find((it: Partial<Credentials>) => it.username));
    });
  });
  socket.on('open', () => socket.send(JSON.stringify({ seq: 0, ack: 0, msg: { hello: { features: ['check'] } } })));
  try {
    return await received;
  } finally {
    socket.close();
  }
}

for (const [transport, flags] of [
  ['UDP', []],
  ['TCP', ['-t']],
  ['TLS', ['-t', '-S']],
] as const) {
  for (const [form, more] of [
    ['channels', []],
    ['indications', ['-s']],
  ] as const) {
    test(`coturn's own client exchanges ${form} over ${transport}`, async ({ server }) => {
      const port = await freePort();
      const encrypted = transport === 'TLS' && { PASSERBY__TLS__SELF_SIGNED: 'true' };
      await server.restart({ PASSERBY__RELAY__ADDR: `127.0.0.1:${port}`, ...encrypted });
      const { username, credential } = await credentialsAt(server.url);
      // TURN over TLS is at the port of the page.
      const to = ['-p', String(encrypted ? server.port : port), '-u', username, '-w', credential, '127.0.0.1'];
      const args = ['-y', '-c', ...flags, ...more, '-n', String(messages), ...to];
      const { stdout } = await promisify(execFile)('turnutils_uclient', args, { timeout: 30_000 });
      expect(stdout, 'what was sent has arrived').toMatch(new RegExp(`tot_send_msgs=${2 * messages}, tot_recv_msgs=${2 * messages}\\b`));
      expect(stdout).toMatch(/Total lost packets 0 /);
    });
  }
}
