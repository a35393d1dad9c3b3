import { ada, ben, expect } from '../fixtures';
import { encodingsOf, routerAddress, type Blocked } from '../fixtures/namespaces';
import { receivesVideo, routedTest as test, settings, start, type Engine } from '../fixtures/routed';
import { RelayPath } from '../fixtures/turn';

const noUdp: Blocked[] = ['UDP'];
const onlyTls: Blocked[] = ['UDP', 'TCP to the relay'];
/** Firefox settles for the path that has answered first, whatever carries it. */
const any = /udp|tcp|tls/;

for (const [what, engines, blocked, protocols] of [
  ['over UDP', ['Chromium', 'Chromium'], [[], []], [/udp/, /udp/]],
  ['over any transport', ['Firefox', 'Firefox'], [[], []], [any, any]],
  ['over any transport', ['Chromium', 'Firefox'], [[], []], [/udp/, any]],
  ['over TCP only', ['Chromium', 'Chromium'], [noUdp, noUdp], [/tcp/, /tcp/]],
  ['over TCP only', ['Chromium', 'Firefox'], [noUdp, noUdp], [/tcp/, /tcp/]],
  ['over TLS only', ['Chromium', 'Chromium'], [onlyTls, onlyTls], [/tls/, /tls/]],
  ['over TLS only', ['Chromium', 'Firefox'], [onlyTls, onlyTls], [/tls/, /tls/]],
  ['over UDP and TLS', ['Chromium', 'Chromium'], [[], onlyTls], [/udp/, /tls/]],
  ['over IPv4 and IPv6', ['Chromium', 'Chromium'], [['IPv6'], ['IPv4']], [/udp/, /udp/]],
  ['over IPv4 and IPv6', ['Chromium', 'Firefox'], [['IPv6'], ['IPv4']], [/udp/, any]],
] as [string, [Engine, Engine], [Blocked[], Blocked[]], [RegExp, RegExp]][]) {
  test(`${engines.join(' and ')} that hide meet ${what}, and no packet holds the address of the other`, async ({ server, homes, authority, at }) => {
    await server.restart(settings(server.port, authority));
    homes.forEach((home, i) => home.block(...blocked[i]!));
    const pair = [await at(ada, homes[0], engines[0]), await at(ben, homes[1], engines[1])] as const;
    for (const one of pair) await one.toggle('Hide my IP address');
    await homes[1].startCapture();
    for (const one of pair) await start(one);
    for (const one of pair) await receivesVideo(one);
    for (const [i, one] of pair.entries()) {
      expect(await one.selectedCandidateTypes()).toEqual(['relay', 'relay']);
      expect(await one.relayProtocol(), `how ${one.person.name} reaches the relay`).toMatch(protocols[i]!);
    }
    const received = await homes[1].stopCapture();
    for (const address of [homes[0].address, homes[0].address6]) expect(encodingsOf(address, received)).toEqual([]);
  });
}

test('a relayed call works with 20 % packet loss', async ({ server, homes, authority, at }) => {
  const relayPath = await RelayPath.open({ host: '127.0.0.1', port: 3478 }, 7, { host: routerAddress, port: 3478 });
  // Apart, it has no TLS, over which the browsers would rather go.
  const apart = {
    ...settings(server.port, authority),
    PASSERBY__RELAY__ADDR: '127.0.0.1:3478',
    PASSERBY__RELAY__HOST: routerAddress,
    PASSERBY__RELAY__APART: 'true',
  };
  await server.restart(apart);
  await server.startRelay(apart);
  const pair = [await at(ada, homes[0], 'Chromium'), await at(ben, homes[1], 'Chromium')] as const;
  for (const home of homes) home.block('TCP to the relay');
  relayPath.loss = 20;
  for (const one of pair) await one.toggle('Hide my IP address');
  for (const one of pair) await start(one);
  for (const one of pair) {
    await receivesVideo(one);
    expect(await one.relayProtocol()).toBe('udp');
  }
  relayPath.close();
});

test('two machines of one network connect directly with the relay on', async ({ server, homes, authority, at }) => {
  await server.restart(settings(server.port, authority));
  const pair = [await at(ada, homes[0], 'Chromium'), await at(ben, homes[0], 'Chromium')] as const;
  for (const one of pair) await start(one);
  for (const one of pair) {
    await receivesVideo(one);
    expect(await one.selectedCandidateTypes()).not.toContain('relay');
  }
});
