import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';

import { expect, test } from '../fixtures';
import { freePort } from '../fixtures/server';
import { credentialsAt, runTurnClient } from '../fixtures/turn-client';

/** An address in each range that a relay for the internet must not reach, and a public one. */
const ipv4 = [
  ...['0.1.2.3', '9.9.9.9', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.8.8.8', '169.254.169.254', '172.16.0.1'],
  ...['192.0.0.1', '192.0.0.9', '192.0.2.1', '192.88.99.1', '192.168.0.1', '198.18.0.1', '198.51.100.1', '203.0.113.1'],
  ...['224.0.0.1', '240.0.0.1', '255.255.255.255'],
];
const ipv6 = [
  ...['::1', '64:ff9b:1::1', '100::1', '2001::1', '2001:db8::1', '3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254'],
  ...['fe80::1', 'fec0::1', 'ff02::1', '2620:fe::9'],
];

/** The IPv6 addresses that contain this IPv4 address: mapped, compatible, 6to4 and NAT64. */
function embeddings(address: string): string[] {
  const [a, b, c, d] = address.split('.').map((it) => Number(it).toString(16).padStart(2, '0'));
  return [`::ffff:${address}`, `::${address}`, `2002:${a}${b}:${c}${d}::1`, `64:ff9b::${address}`];
}

/** Captures the packets of this port on all interfaces while `during` runs, and returns a line for each. */
async function capture(port: number, during: () => Promise<void>): Promise<string[]> {
  const tcpdump = spawn('tcpdump', ['-i', 'any', '-n', '-l', 'port', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let lines = '';
  tcpdump.stdout.on('data', (chunk: Buffer) => (lines += chunk.toString()));
  const ended = new Promise((resolve) => tcpdump.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    tcpdump.stderr.on('data', (chunk: Buffer) => chunk.includes('listening') && resolve());
    tcpdump.once('exit', (code) => reject(new Error(`tcpdump ended with ${code}`)));
  });
  await during();
  // The kernel hands packets over with a delay.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  tcpdump.kill('SIGINT');
  await ended;
  return lines.split('\n').filter(Boolean);
}

for (const transport of ['UDP', 'TCP', 'TLS'] as const) {
  test(`over ${transport} the relay refuses every address but its own, and no packet leaves the machine`, async ({ server }) => {
    test.setTimeout(300_000);
    const [port, probed] = [await freePort(), await freePort()];
    const encrypted = transport === 'TLS' && { PASSERBY__TLS__SELF_SIGNED: 'true' };
    await server.restart({ PASSERBY__RELAY__ADDR: `127.0.0.1:${port}`, ...encrypted });
    const addresses = [...ipv4, ...ipv6, ...[...ipv4, '192.0.0.8'].flatMap(embeddings)];
    const seen = await capture(probed, async () => {
      for (const [i, address] of addresses.entries()) {
        // They run out soon.
        const credentials = await credentialsAt(server.url);
        // From an address of its own: the client leaves allocations behind, and a network may have only so many.
        const from = ['-L', `127.0.1.${i + 1}`];
        const to = [...from, ...(address.includes(':') ? ['-x'] : []), '-n', '1', '-e', address, '-r', String(probed)];
        // With a channel, and with a permission.
        for (const form of [[], ['-s']]) {
          const it = await runTurnClient(transport, encrypted ? server.port : port, credentials, ...form, ...to);
          expect(it.output, `${address} ${form}`).toContain('error 403 (Forbidden)');
        }
      }
    });
    expect(seen).toEqual([]);
  });
}

test('a packet to such an address would have been seen', async () => {
  const probed = await freePort();
  const seen = await capture(probed, async () => {
    for (const address of ['127.0.0.1', '9.9.9.9', '10.0.0.1']) {
      const socket = createSocket('udp4');
      await new Promise((resolve) => socket.send('x', probed, address, resolve));
      socket.close();
    }
  });
  expect(seen.length).toBeGreaterThanOrEqual(3);
});
