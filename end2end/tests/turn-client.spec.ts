import { expect, test } from '../fixtures';
import { freePort } from '../fixtures/server';
import { credentialsAt, runTurnClient } from '../fixtures/turn-client';

/** Messages that each of the two ends of a run sends, and that arrive at the other. */
const messages = 20;

for (const transport of ['UDP', 'TCP', 'TLS'] as const) {
  for (const [form, args] of [
    ['channels', []],
    ['indications', ['-s']],
  ] as const) {
    test(`coturn's own client exchanges ${form} over ${transport}`, async ({ server }) => {
      const port = await freePort();
      const encrypted = transport === 'TLS' && { PASSERBY__TLS__SELF_SIGNED: 'true' };
      await server.restart({ PASSERBY__RELAY__ADDR: `127.0.0.1:${port}`, ...encrypted });
      // TURN over TLS is at the port of the page.
      const at = encrypted ? server.port : port;
      const { code, output } = await runTurnClient(transport, at, await credentialsAt(server.url), '-y', ...args, '-n', String(messages));
      expect(code, output).toBe(0);
      expect(output).toContain(`tot_send_msgs=${2 * messages}, tot_recv_msgs=${2 * messages}\n`);
      expect(output).toContain('Total lost packets 0 ');
    });
  }
}
