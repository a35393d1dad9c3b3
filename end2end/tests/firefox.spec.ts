import { ada, ben, expect, test as base, type Visitor } from '../fixtures';
import { FirefoxVisitor, launchFirefox } from '../fixtures/firefox';
import { FaultyProxy } from '../fixtures/faulty-proxy';
import { freePort } from '../fixtures/server';

interface WorkerFixtures {
  foxProxy: FaultyProxy;
  /** The Firefox that most stories share: it takes ten seconds to start. */
  firefox: Awaited<ReturnType<typeof launchFirefox>>;
}

const test = base.extend<{ fox: FirefoxVisitor }, WorkerFixtures>({
  foxProxy: [
    async ({}, use) => {
      const foxProxy = await FaultyProxy.open();
      await use(foxProxy);
      await foxProxy.close();
    },
    { scope: 'worker' },
  ],

  firefox: [
    async ({ foxProxy }, use) => {
      const firefox = await launchFirefox(ben, foxProxy);
      await use(firefox);
      await firefox.close();
    },
    { scope: 'worker' },
  ],

  /** Ben in Firefox. */
  fox: async ({ firefox, foxProxy }, use) => {
    const fox = await FirefoxVisitor.create(ben, firefox);
    await use(fox);
    await fox.close();
    foxProxy.unblock();
  },
});

/** Both press Start, first the one in Chromium, and are in a call with each other. */
async function talk(one: Visitor, fox: FirefoxVisitor, home: string): Promise<void> {
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await fox.arrive(home);
  await fox.press('Start');
  for (const it of [fox, one]) await it.reaches('talking');
}

for (const waits of ['Firefox', 'Chromium'] as const) {
  test(`Firefox and Chromium meet and survive a lost server connection (${waits} waits first)`, async ({ fox, home, visitor, foxProxy }) => {
    // Two browsers encode and decode on two cores here, and each look at Firefox's sound takes seconds.
    test.setTimeout(120_000);
    const one = await visitor(ada);
    await one.arrive();
    await fox.arrive(home);
    if (waits === 'Firefox') {
      await fox.press('Start');
      await fox.reaches('waiting');
      await one.start();
    } else {
      await one.start();
      await one.reaches('waiting');
      await fox.press('Start');
    }
    await fox.meets(ada);
    await one.reaches('talking');
    await one.seesMovingVideo();
    await one.hears(ben);

    for (const it of [one, fox]) await it.takePhases();
    foxProxy.block();
    await expect.poll(() => fox.problem()).toBe('server-lost');
    foxProxy.unblock();
    await expect.poll(() => fox.problem()).toBeNull();
    await fox.meets(ada);
    for (const it of [one, fox]) expect(await it.takePhases(), 'the call went on').toEqual([]);

    await fox.press('Next');
    await fox.reaches('waiting');
    await one.reaches('waiting');
    expect(fox.errors.filter((it) => !/establish a connection|Loading failed/.test(it))).toEqual([]);
  });
}

test('Firefox and Chromium meet through the relay of the server, and again within ten seconds of its restart', async ({ server, fox, home, visitor }) => {
  test.setTimeout(120_000);
  const settings = { PASSERBY__RELAY__ADDR: `127.0.0.1:${await freePort()}` };
  await server.restart(settings);
  const one = await visitor(ada);
  await one.arrive();
  await one.toggle('Hide my IP address');
  await one.start();
  await one.reaches('waiting');
  await fox.arrive(home);
  await fox.press('Start');
  // The fixture lets it use a relay at a loopback address.
  await fox.meets(ada);
  await one.reaches('talking');
  await one.seesMovingVideo();
  await one.hears(ben);
  expect(await one.selectedCandidateTypes()).toEqual(['relay', 'relay']);
  expect(await one.partnerAddresses(), 'the addresses of the partner').toEqual(['192.0.0.8']);

  one.expectErrors(/WebSocket connection to .* failed/, /Failed to load resource: net::ERR_CONNECTION/);
  for (const it of [one, fox]) await it.takePhases();
  await server.restart(settings);
  await Promise.all([fox.receivesFrames({ timeout: 10_000 }), one.seesMovingVideo({ timeout: 10_000 })]);
  for (const it of [one, fox]) expect(await it.takePhases(), 'the call went on').toEqual([]);
});

test('Firefox and Chromium write to each other, and Firefox turns its camera off and on', async ({ fox, home, visitor }) => {
  test.setTimeout(120_000);
  const one = await visitor(ada);
  await talk(one, fox, home);

  await fox.type('t');
  await fox.write('Hello from Firefox');
  await one.page.keyboard.press('t');
  const lines = one.page.getByRole('log').getByRole('listitem');
  await expect(lines).toContainText(['Hello from Firefox']);
  await one.page.keyboard.type('Hello from Chromium');
  await one.page.keyboard.press('Enter');
  await expect.poll(() => fox.text('[role=log]')).toContain('Hello from Chromium');

  await fox.press('Turn camera off');
  await expect(one.page.getByText('Their camera is off').first()).toBeVisible();
  expect(await fox.liveCameras(), 'its light is off').toBe(0);
  await fox.press('Turn camera on');
  await expect(one.page.getByText('Their camera is off').first()).toBeHidden();
  await one.seesMovingVideo();
  expect(fox.errors).toEqual([]);
});

test('in Firefox a camera that the system mutes and a microphone that is unplugged come back', async ({ fox, home, visitor }) => {
  test.setTimeout(120_000);
  const one = await visitor(ada);
  await talk(one, fox, home);
  await one.hears(ben);

  const problem = one.page.locator('.chip', { hasText: 'Their camera or microphone has a problem' });
  await fox.deviceEvent('video', 'mute');
  await expect(problem).toBeVisible();
  await expect(one.page.locator('.chip', { hasText: 'Their camera is off' })).toBeVisible();
  await fox.deviceEvent('video', 'unmute');
  await expect(problem).toBeHidden();
  await one.seesMovingVideo();

  await fox.deviceEvent('audio', 'ended');
  await expect(one.page.locator('.chip', { hasText: 'They’re muted' })).toBeVisible();
  await fox.press('Unmute microphone');
  await one.hears(ben);
  await expect(problem).toBeHidden();
  expect(fox.errors).toEqual([]);
});

test('in Firefox the settings open, hold the focus and close again', async ({ fox, home }) => {
  await fox.arrive(home);
  for (const close of ['Escape', 'Enter'] as const) {
    await fox.press('Settings');
    await expect.poll(() => fox.isSheetOpen()).toBe(true);
    expect(await fox.focused()).toBe('Close');
    await fox.type(close);
    await expect.poll(() => fox.isSheetOpen(), { message: `closed by ${close}` }).toBe(false);
    expect(await fox.focused(), 'the focus returns to the button').toBe('Settings');
  }
});

test('in Firefox a question that is answered with Block shows how to remove the block', async ({ fox, home }) => {
  await fox.refuseQuestions();
  await fox.arrive(home);
  for (const button of ['Start', 'Try again']) {
    await fox.press(button);
    await fox.reaches('asking');
    await fox.seesProblem('camera-blocked');
    expect(await fox.text('.panel-sentence')).toContain('crossed-out camera');
  }
});

/** A Firefox whose settings block camera and microphone. */
const blocked = {
  'media.navigator.permission.disabled': false,
  'permissions.default.camera': 2,
  'permissions.default.microphone': 2,
};
const android = 'Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0';

for (const [where, prefs, steps] of [
  ['on a computer', blocked, 'crossed-out camera'],
  ['on Android', { ...blocked, 'general.useragent.override': android }, 'Tap the icon'],
] as const) {
  test(`in a Firefox ${where} that blocks the camera Start shows how to remove the block`, async ({ foxProxy, home }) => {
    const firefox = await launchFirefox(ben, foxProxy, prefs);
    const fox = await FirefoxVisitor.create(ben, firefox);
    await fox.arrive(home);
    await fox.press('Start');
    await fox.seesProblem('camera-blocked');
    await fox.reaches('landing');
    expect(await fox.text('.panel-sentence')).toContain(steps);
    await firefox.close();
  });
}
