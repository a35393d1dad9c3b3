import { chromium, type Browser } from '@playwright/test';

import { ada, ben, expect, test as base } from '../fixtures';
import { holds, layMiddle, middle, Network, removeMiddle } from '../fixtures/namespaces';
import { pictureOf, voiceOf, type Person } from '../fixtures/personas';
import { recover } from '../fixtures/recovery';
import { Turn } from '../fixtures/turn';
import { Visitor } from '../fixtures/visitor';

/** Two people at home, each in a network of their own; the server and the relay stand between them. */
const test = base.extend<{ homes: [Network, Network]; at: (person: Person, home: Network) => Promise<Visitor> }>({
  homes: async ({}, use) => {
    const before = layMiddle();
    const homes: [Network, Network] = [Network.lay('ada', 0), Network.lay('ben', 1)];
    await use(homes);
    for (const home of homes) home.remove();
    removeMiddle(before);
  },

  at: async ({ server }, use) => {
    const browsers: Browser[] = [];
    await use(async (person, home) => {
      const url = server.urlAt(middle);
      const browser = await chromium.launch({
        executablePath: home.chromium,
        args: [
          '--disable-gpu',
          '--use-fake-device-for-media-stream',
          '--use-fake-ui-for-media-stream',
          `--use-file-for-fake-video-capture=${pictureOf(person)}`,
          `--use-file-for-fake-audio-capture=${voiceOf(person)}`,
          `--unsafely-treat-insecure-origin-as-secure=${url}`,
        ],
      });
      browsers.push(browser);
      return Visitor.enter(person, await browser.newContext(), url);
    });
    for (const browser of browsers) await browser.close();
  },
});

/** A page that gathers everything whatever it is told, as a modified one would. */
function disobey() {
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, [configuration, ...rest], newTarget) {
      return Reflect.construct(target, [{ ...configuration, iceTransportPolicy: 'all' }, ...rest], newTarget) as object;
    },
  });
  const obey = RTCPeerConnection.prototype.setConfiguration;
  RTCPeerConnection.prototype.setConfiguration = function (configuration) {
    obey.call(this, { ...configuration, iceTransportPolicy: 'all' });
  };
}

for (const scrub of ['true', 'false']) {
  test(`what reaches one peer ${scrub === 'true' ? 'holds no' : 'would hold the'} address of one who hides`, async ({ server, homes, at }) => {
    const turn = await Turn.open(middle);
    await server.restart({ ...server.in(middle), ...turn.settings(), PASSERBY__ICE__SCRUB: scrub });
    const [one, other] = [await at(ada, homes[0]), await at(ben, homes[1])];
    await one.page.addInitScript(disobey);
    const texts: string[] = [];
    other.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => texts.push(payload.toString())));
    await homes[1].listen();

    await one.arrive();
    await one.switches('Hide my address');
    await other.arrive();
    await one.start();
    await other.start();
    await one.meets(ben);
    await other.meets(ada);

    const heard = holds(Buffer.concat([await homes[1].heard(), Buffer.from(texts.join('\n'))]), homes[0].address);
    expect(texts.length, 'the detector hears').toBeGreaterThan(3);
    if (scrub === 'true') expect(heard).toEqual([]);
    else expect(heard).toContain('text');
    await turn.close();
  });
}

for (const seconds of [3, 20]) {
  test(`the whole network of one is gone for ${seconds} s`, async ({ server, homes, at }) => {
    await server.restart(server.in(middle));
    const [one, other] = [await at(ada, homes[0]), await at(ben, homes[1])];
    for (const it of [one, other]) {
      it.forgive(/WebSocket/, /Failed to load/);
      await it.arrive();
      await it.start();
    }
    await one.meets(ben);
    await other.meets(ada);
    homes[0].unplug();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    homes[0].plug();
    const outcome = await recover([one, other], seconds === 3 ? 6_000 : 10_000);
    if (seconds === 3) expect(outcome).toBe('talking');
    console.log(`the network of one gone for ${seconds} s: both ${outcome}`);
  });
}
