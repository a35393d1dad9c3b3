import { ada, ben, expect, test as base } from '../fixtures';
import { FirefoxVisitor } from '../fixtures/firefox';
import { Wire } from '../fixtures/wire';

const test = base.extend<{ wire: Wire; fox: FirefoxVisitor }>({
  wire: async ({}, use) => {
    const wire = await Wire.lay();
    await use(wire);
    await wire.remove();
  },

  /** Ben, at Firefox. */
  fox: async ({ wire }, use) => {
    const fox = await FirefoxVisitor.enter(ben, wire);
    await use(fox);
    await fox.close();
  },
});

for (const waits of ['Firefox', 'Chromium'] as const) {
  test(`Firefox and Chromium meet, ${waits} waits; the way to the server breaks`, async ({ fox, home, visitor, wire }) => {
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
    await one.showsAnybody();
    await one.hears(ben);

    for (const it of [one, fox]) await it.phases();
    wire.cut();
    await expect.poll(() => fox.problem()).toBe('server-lost');
    wire.mend();
    await expect.poll(() => fox.problem()).toBeNull();
    await fox.meets(ada);
    for (const it of [one, fox]) expect(await it.phases(), 'the call went on').toEqual([]);

    await fox.press('Next');
    await fox.reaches('waiting');
    await one.reaches('waiting');
    expect(fox.complaints.filter((it) => !/establish a connection|Loading failed/.test(it))).toEqual([]);
  });
}
