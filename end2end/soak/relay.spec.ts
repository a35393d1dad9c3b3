import path from 'node:path';

import { ada, ben, expect } from '../fixtures';
import { Authority } from '../fixtures/authority';
import { FirefoxVisitor, launchFirefoxIn } from '../fixtures/firefox';
import { homesTest, launchChromiumIn } from '../fixtures/homes';
import {
  encodingsOf,
  routerAddress,
  routerName,
  type Blocked,
  type Network,
} from '../fixtures/namespaces';
import type { Person } from '../fixtures/personas';
import { RelayPath } from '../fixtures/turn';
import { Visitor } from '../fixtures/visitor';

type Engine = 'Chromium' | 'Firefox';

/** Two visitors in separate networks. The server, with its own relay and TLS, runs on the router between them. */
const test = homesTest.extend<{
  authority: Authority;
  /** A visitor with this browser in a network, who has opened the page. */
  at: (person: Person, home: Network, engine: Engine) => Promise<Visitor | FirefoxVisitor>;
}>({
  authority: async ({}, use) => {
    const authority = Authority.create(routerName);
    await use(authority);
    authority.remove();
  },

  at: async ({ server, authority }, use) => {
    const closing: (() => Promise<void>)[] = [];
    await use(async (person, home, engine) => {
      const url = server.urlAt(routerName);
      if (engine === 'Firefox') {
        const profile = path.join(home.home, 'profile');
        authority.trustIn(profile);
        const browser = await launchFirefoxIn(home, person, profile);
        closing.push(() => browser.close());
        const visitor = await FirefoxVisitor.create(person, browser);
        await visitor.arrive(url);
        return visitor;
      }
      authority.trustIn(path.join(home.home, '.pki', 'nssdb'));
      const browser = await launchChromiumIn(home, person);
      closing.push(() => browser.close());
      const visitor = await Visitor.create(person, await browser.newContext(), url);
      await visitor.arrive();
      return visitor;
    });
    for (const close of closing) await close();
  },
});

/** A server that has a certificate and its own relay at all addresses of this machine. */
const settings = (port: number, authority: Authority): Record<string, string> => ({
  LEPTOS_SITE_ADDR: `[::]:${port}`,
  PASSERBY__SERVER__ORIGINS: `https://${routerName}:${port}`,
  PASSERBY__RELAY__ADDR: 'auto',
  ...authority.settings,
});

async function start(one: Visitor | FirefoxVisitor) {
  if (one instanceof Visitor) await one.start();
  else await one.press('Start');
}

async function receivesVideo(one: Visitor | FirefoxVisitor) {
  await one.reaches('talking');
  if (one instanceof Visitor) await one.seesMovingVideo({ timeout: 20_000 });
  else await one.receivesFrames({ timeout: 20_000 });
}

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
