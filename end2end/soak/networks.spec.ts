import type { Browser } from '@playwright/test';

import { ada, ben, expect } from '../fixtures';
import { homesTest, launchChromiumIn } from '../fixtures/homes';
import { encodingsOf, routerAddress, type Network } from '../fixtures/namespaces';
import type { Person } from '../fixtures/personas';
import { expectRecovery } from '../fixtures/recovery';
import { Turn } from '../fixtures/turn';
import { Visitor } from '../fixtures/visitor';

/** Two visitors in separate networks. The server and the relay run on the router between them. */
const test = homesTest.extend<{ at: (person: Person, home: Network) => Promise<Visitor> }>({
  at: async ({ server }, use) => {
    const browsers: Browser[] = [];
    await use(async (person, home) => {
      const url = server.urlAt(routerAddress);
      const browser = await launchChromiumIn(home, person, `--unsafely-treat-insecure-origin-as-secure=${url}`);
      browsers.push(browser);
      return Visitor.create(person, await browser.newContext(), url);
    });
    for (const browser of browsers) await browser.close();
  },
});

/** Makes the page gather all candidates even when told to use only the relay, like a modified page. */
function gatherAllCandidates() {
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, [configuration, ...rest], newTarget) {
      return Reflect.construct(target, [{ ...configuration, iceTransportPolicy: 'all' }, ...rest], newTarget) as object;
    },
  });
  const setConfiguration = RTCPeerConnection.prototype.setConfiguration;
  RTCPeerConnection.prototype.setConfiguration = function (configuration) {
    setConfiguration.call(this, { ...configuration, iceTransportPolicy: 'all' });
  };
}

for (const { hides, scrub } of [
  { hides: true, scrub: 'true' },
  { hides: true, scrub: 'false' },
  // Shows that the search finds an address.
  { hides: false, scrub: 'false' },
]) {
  test(`packets to the partner ${hides ? 'never contain a hidden' : 'contain an open'} address (ice.scrub = ${scrub})`, async ({ server, homes, at }) => {
    const turn = await Turn.open(routerAddress);
    await server.restart({ ...server.settingsAt(routerAddress), ...turn.settings(), PASSERBY__ICE__SCRUB: scrub });
    const [one, other] = [await at(ada, homes[0]), await at(ben, homes[1])];
    await one.page.addInitScript(gatherAllCandidates);
    const texts: string[] = [];
    other.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => texts.push(payload.toString())));
    await homes[1].startCapture();

    await one.arrive();
    if (hides) await one.toggle('Hide my IP address');
    await other.arrive();
    await one.start();
    await other.start();
    await one.meets(ben);
    await other.meets(ada);

    const received = Buffer.concat([await homes[1].stopCapture(), Buffer.from(texts.join('\n'))]);
    const found = encodingsOf(homes[0].address, received);
    expect(texts.length, 'messages from the server').toBeGreaterThan(3);
    if (hides) expect(found).toEqual([]);
    else expect(found).toContain('text');
    await turn.close();
  });
}

for (const seconds of [3, 20]) {
  test(`a call recovers or ends cleanly after one end has no network for ${seconds} s`, async ({ server, homes, at }) => {
    await server.restart(server.settingsAt(routerAddress));
    const [one, other] = [await at(ada, homes[0]), await at(ben, homes[1])];
    for (const it of [one, other]) {
      it.expectErrors(/WebSocket/, /Failed to load/);
      await it.arrive();
      await it.start();
    }
    await one.meets(ben);
    await other.meets(ada);
    homes[0].unplug();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    homes[0].plug();
    const outcome = await expectRecovery([one, other], seconds === 3 ? 6_000 : 10_000);
    if (seconds === 3) expect(outcome).toBe('talking');
    console.log(`no network at one end for ${seconds} s: both ${outcome}`);
  });
}
