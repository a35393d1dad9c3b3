import path from 'node:path';

import {
  ada,
  ben,
  cleo,
  exceedNextLimit,
  expect,
  goOffline,
  loseServer,
  pretendToBeOlder,
  startAtWrongAddress,
  test,
  waitForIdlePrompt,
  type Visitor,
} from '../fixtures';
import { relayTest } from '../fixtures/relay-pair';

// Screenshots for people to look at. They are not compared with anything.

const screens = [
  { width: 390, height: 844 },
  { width: 844, height: 390 },
  { width: 1440, height: 900 },
];

async function shoot({ page }: Visitor, name: string) {
  for (const screen of screens) {
    await page.setViewportSize(screen);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const file = `${name}-${screen.width}-${colorScheme}.png`;
      await page.screenshot({ path: path.join(__dirname, '..', 'shots', file), animations: 'disabled' });
    }
  }
}

test('a visit from landing to call', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await shoot(one, '1-landing');
  await one.start();
  await one.reaches('waiting');
  await shoot(one, '2-waiting');

  const other = await visitor(ben);
  await other.arrive();
  await other.startAndHangOn('matched');
  await one.reaches('connecting');
  await shoot(one, '3-connecting');
  await other.crash();
  await one.reaches('waiting', { timeout: 40_000 });

  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await one.meets(cleo);
  await shoot(one, '4-talking');
  await one.openDetails();
  await shoot(one, '4-talking-details');
  await one.page.keyboard.press('Escape');
  await one.page.keyboard.press('t');
  await one.page.getByRole('textbox', { name: 'Message' }).fill('Hello! Where are you from?');
  await one.page.keyboard.press('Enter');
  await third.button('Chat').click();
  await third.page.getByRole('textbox', { name: 'Message' }).fill('From the other side of the wall');
  await third.page.keyboard.press('Enter');
  await third.button('Heart').click();
  await expect(one.page.getByRole('log')).toContainText('wall');
  await shoot(one, '4-talking-chat');
  await one.button('Close chat').click();
  await one.button('More').click();
  await shoot(one, '4-talking-more');
  await one.page.keyboard.press('Escape');
  await one.page.keyboard.press('Escape');
  await shoot(one, '5-asked-for-next');
  await one.button('More').click();
  await one.button('Block').click();
  await shoot(one, '5-blocked');
  await one.button('Find someone new').click();
  await one.reaches('waiting');
  await one.openMore();
  await one.button('Unblock everyone').scrollIntoViewIfNeeded();
  await shoot(one, '2-waiting-with-somebody-blocked');
});

test('topics before and during a call', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  for (const it of [one, other]) {
    await it.arrive();
    await it.page.locator('.panel').getByRole('textbox').fill('jazz, cooking, climbing');
    await it.page.keyboard.press('Tab');
  }
  await shoot(one, '1-landing-topics');
  await one.start();
  await one.reaches('waiting');
  await shoot(one, '2-waiting-for-topics');
  await other.start();
  await one.meets(ben);
  await shoot(one, '4-talking-topics');
});

test('settings and device check', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.button('Settings').click();
  await shoot(one, '1-settings');
  await one.page.keyboard.press('Escape');
  await one.button('Check camera and mic').click();
  await expect(one.page.locator('.mirror select').first()).toBeVisible();
  await shoot(one, '1-mirror');
});

test('idle prompt, idle notice and other-tab notice', async ({ visitor }) => {
  const one = await visitor(ada);
  await waitForIdlePrompt(one);
  await shoot(one, '2-still-there');
  await one.page.clock.fastForward('01:05');
  await one.seesProblem('idle');
  await shoot(one, '8-idle');
  await one.start();
  await one.reaches('waiting');
  await one.startInAnotherTab();
  await one.seesProblem('other-tab');
  await shoot(one, '8-other-tab');
});

test('outdated page and offline notice', async ({ visitor }) => {
  const one = await visitor(ada);
  one.expectErrors(/WebSocket/, /ERR_INTERNET_DISCONNECTED/);
  await one.page.addInitScript(pretendToBeOlder);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await shoot(one, '2-waiting-outdated');
  await goOffline(one);
  await shoot(one, '8-offline');
});

test('a page at a wrong address', async ({ server, visitor }) => {
  await shoot(await startAtWrongAddress(server, visitor), '8-wrong-address');
});

test('notice after too many presses of Next', async ({ server, visitor }) => {
  await shoot(await exceedNextLimit(server, visitor), '8-one-moment');
});

test('shared screen and reactions', async ({ pair: [one, other] }) => {
  await one.button('Share screen').click();
  await expect(other.page.getByText('They’re sharing their screen').first()).toBeVisible();
  await shoot(one, '4-talking-sharing');
  await shoot(other, '4-talking-shared-to');
  await one.button('Stop sharing').click();
  await one.button('Chat').click();
  await one.button('Heart').click();
  await shoot(other, '4-talking-reaction');
  await one.button('Close chat').click();
});

for (const [strength, loss] of [['weak', 5], ['bad', 20]] as const) {
  relayTest(`a ${strength} connection`, async ({ relayPair: { pair, path } }) => {
    for (const one of pair) await one.start();
    await pair[0].reaches('talking');
    path.loss = loss;
    await expect(pair[0].app).toHaveAttribute('data-strength', strength, { timeout: 40_000 });
    await shoot(pair[0], `4-talking-${strength}`);
  });
}

test('forced colours, high contrast, 200 % zoom and landscape', async ({ visitor }) => {
  const one = await visitor(ada);
  const shootVariants = async (name: string) => {
    await one.page.setViewportSize(screens[1]!);
    await one.page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
    await one.page.screenshot({ path: path.join(__dirname, '..', 'shots', `11-${name}-forced.png`) });
    await one.page.emulateMedia({ forcedColors: 'none', contrast: 'more', colorScheme: 'light' });
    await one.page.screenshot({ path: path.join(__dirname, '..', 'shots', `11-${name}-contrast.png`) });
    await one.page.emulateMedia({ contrast: 'no-preference' });
    // A screen of 1280 x 800 at 200 % zoom.
    await one.page.setViewportSize({ width: 640, height: 400 });
    await one.page.screenshot({ path: path.join(__dirname, '..', 'shots', `11-${name}-twice.png`) });
    // A phone in landscape orientation.
    await one.page.setViewportSize({ width: 844, height: 390 });
    await one.page.screenshot({ path: path.join(__dirname, '..', 'shots', `11-${name}-landscape.png`) });
  };
  await one.arrive();
  await shootVariants('landing');
  await one.start();
  await one.reaches('waiting');
  await shootVariants('waiting');
  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await one.meets(ben);
  await shootVariants('talking');
  await one.button('Chat').click();
  await shootVariants('chat');
  await one.button('More').click();
  await shootVariants('more');
});

for (const language of ['en-XA', 'ar-XB']) {
  test(`landing and waiting in ${language}`, async ({ visitor, home }) => {
    const one = await visitor(ada);
    await one.arrive(`${home}/?lang=${language}`);
    await shoot(one, `10-landing-${language}`);
    await one.page.locator('[data-intent=start]').click();
    await one.reaches('waiting');
    await shoot(one, `10-waiting-${language}`);
  });
}

test('a camera that does not answer', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'stuck camera' });
  await one.arrive();
  await one.start();
  await one.reaches('asking');
  await shoot(one, '1-asking');
});

test('a partner without a camera', async ({ visitor }) => {
  const one = await visitor(ada);
  const other = await visitor(ben, { devices: 'microphone only' });
  for (const visitor of [one, other]) {
    await visitor.arrive();
    await visitor.start();
  }
  await one.reaches('talking');
  await other.reaches('talking');
  await shoot(one, '6-talking-to-a-voice');
  await shoot(other, '7-talking-without-a-camera');
});

test('camera blocked, no device and server lost', async ({ visitor, faultyProxy }) => {
  const blocked = await visitor(ada, { devices: 'permission denied' });
  await blocked.arrive();
  await blocked.start();
  await blocked.seesProblem('camera-blocked');
  await shoot(blocked, '8-camera-blocked');

  const empty = await visitor(ben, { devices: 'none' });
  await empty.arrive();
  await empty.start();
  await empty.seesProblem('no-device');
  await shoot(empty, '8-no-device');

  const lost = await loseServer(visitor, faultyProxy, cleo);
  await shoot(lost, '8-server-lost');
});

test('without JavaScript', async ({ visitor }) => {
  const one = await visitor(ada, { browser: { javaScriptEnabled: false } });
  await one.startLoading();
  await one.page.waitForLoadState();
  await shoot(one, '9-without-script');
});
