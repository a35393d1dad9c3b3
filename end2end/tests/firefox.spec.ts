import { ada, ben, expect, test as base } from '../fixtures';
import { FirefoxVisitor } from '../fixtures/firefox';
import { FaultyProxy } from '../fixtures/faulty-proxy';

const test = base.extend<{ faultyProxy: FaultyProxy; foxPrefs: Record<string, unknown>; fox: FirefoxVisitor }>({
  /** Settings of Firefox for a story. */
  foxPrefs: [{}, { option: true }],

  faultyProxy: async ({}, use) => {
    const faultyProxy = await FaultyProxy.open();
    await use(faultyProxy);
    await faultyProxy.close();
  },

  /** Ben in Firefox. */
  fox: async ({ faultyProxy, foxPrefs }, use) => {
    const fox = await FirefoxVisitor.launch(ben, faultyProxy, foxPrefs);
    await use(fox);
    await fox.close();
  },
});

for (const waits of ['Firefox', 'Chromium'] as const) {
  test(`Firefox and Chromium meet and survive a lost server connection (${waits} waits first)`, async ({ fox, home, visitor, faultyProxy }) => {
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
    faultyProxy.block();
    await expect.poll(() => fox.problem()).toBe('server-lost');
    faultyProxy.unblock();
    await expect.poll(() => fox.problem()).toBeNull();
    await fox.meets(ada);
    for (const it of [one, fox]) expect(await it.takePhases(), 'the call went on').toEqual([]);

    await fox.press('Next');
    await fox.reaches('waiting');
    await one.reaches('waiting');
    expect(fox.errors.filter((it) => !/establish a connection|Loading failed/.test(it))).toEqual([]);
  });
}

test('Firefox and Chromium write to each other, and Firefox turns its camera off and on', async ({ fox, home, visitor }) => {
  test.setTimeout(120_000);
  const one = await visitor(ada);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await fox.arrive(home);
  await fox.press('Start');
  await fox.reaches('talking');
  await one.reaches('talking');

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

test.describe('in a Firefox that blocks the camera', () => {
  test.use({
    foxPrefs: {
      'media.navigator.permission.disabled': false,
      'permissions.default.camera': 2,
      'permissions.default.microphone': 2,
    },
  });

  test('Start shows how to remove the block', async ({ fox, home }) => {
    await fox.arrive(home);
    await fox.press('Start');
    await fox.seesProblem('camera-blocked');
    await fox.reaches('landing');
    expect(await fox.text('.panel-sentence')).toContain('crossed-out camera');
  });
});

test.describe('in Firefox on Android', () => {
  test.use({
    foxPrefs: {
      'general.useragent.override': 'Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0',
      'media.navigator.permission.disabled': false,
      'permissions.default.camera': 2,
      'permissions.default.microphone': 2,
    },
  });

  test('a refusal shows the steps for a phone', async ({ fox, home }) => {
    await fox.arrive(home);
    await fox.press('Start');
    await fox.seesProblem('camera-blocked');
    expect(await fox.text('.panel-sentence')).toContain('Tap the icon');
  });
});
