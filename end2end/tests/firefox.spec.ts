import { ada, ben, expect, test as base } from '../fixtures';
import { FirefoxVisitor } from '../fixtures/firefox';
import { FaultyProxy } from '../fixtures/faulty-proxy';

const test = base.extend<{ faultyProxy: FaultyProxy; fox: FirefoxVisitor }>({
  faultyProxy: async ({}, use) => {
    const faultyProxy = await FaultyProxy.open();
    await use(faultyProxy);
    await faultyProxy.close();
  },

  /** Ben in Firefox. */
  fox: async ({ faultyProxy }, use) => {
    const fox = await FirefoxVisitor.launch(ben, faultyProxy);
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

test('Firefox closes a camera that is turned off, and its picture comes back', async ({ fox, home, visitor }) => {
  test.setTimeout(120_000);
  const one = await visitor(ada);
  await one.arrive();
  await fox.arrive(home);
  await one.start();
  await one.reaches('waiting');
  await fox.press('Start');
  await one.reaches('talking');
  await one.seesMovingVideo();

  await fox.press('Turn camera off');
  await expect(one.page.getByText('Their camera is off').first()).toBeVisible();
  expect(await fox.liveCameras()).toBe(0);
  await fox.press('Turn camera on');
  await expect(one.page.getByText('Their camera is off').first()).toBeHidden();
  await one.seesMovingVideo();
});
