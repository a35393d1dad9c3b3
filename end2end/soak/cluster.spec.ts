import { ada, ben, cleo, expect } from '../fixtures';
import { test } from '../fixtures/cluster';
import { FirefoxVisitor, launchFirefox } from '../fixtures/firefox';

test('a call of Firefox and Chromium survives the death of the core, of an edge and of Redis', async ({
  cluster,
  faultyProxy,
  visitor,
}) => {
  const firefox = await launchFirefox(ben, faultyProxy);
  try {
    const [one, third] = [await visitor(ada), await visitor(cleo)];
    for (const it of [one, third]) {
      it.expectErrors(/WebSocket connection to .* failed/, /Failed to load resource/);
    }
    const fox = await FirefoxVisitor.create(ben, firefox);
    await one.arrive(cluster.doors[1]);
    await one.start();
    await one.reaches('waiting');
    await fox.arrive(cluster.doors[0]);
    await fox.press('Start');
    await fox.meets(ada);
    await one.reaches('talking');
    for (const it of [one, fox]) await it.takePhases();

    await cluster.suffersDeaths(third, [one]);
    await expect.poll(() => fox.problem(), { timeout: 30_000 }).toBeNull();
    for (const it of [one, fox]) expect(await it.takePhases(), 'the call has gone on').toEqual([]);
    await fox.meets(ada);

    // Ben meets Cleo, who has waited, reports her, and meets Ada no sooner than the rules allow.
    await fox.press('Next');
    await third.seesMovingVideo();
    await fox.reaches('talking');
    await fox.press('Report');
    await expect.poll(() => fox.focused()).toBe('What happened?');
    await fox.choose('Spam or fake video');
    await fox.press('Send report');
    await expect.poll(() => fox.focused()).toBe('Thank you');
    await fox.press('Done');
    await one.reaches('talking');
    await third.reaches('talking');
    expect(fox.errors.filter((it) => !/establish a connection|Loading failed|interrupted/.test(it))).toEqual([]);
  } finally {
    await firefox.close();
  }
});
