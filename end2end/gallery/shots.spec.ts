import path from 'node:path';

import { ada, ben, cleo, expect, hurries, test, type Visitor } from '../fixtures';
import { story } from '../fixtures/relay-pair';
import { Wire } from '../fixtures/wire';

// Pictures to look at, not stories: nothing is compared.

const screens = [
  { width: 390, height: 844 },
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

test('a conversation', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await shoot(one, '1-landing');
  await one.start();
  await one.reaches('waiting');
  await shoot(one, '2-waiting');

  const other = await visitor(ben);
  await other.arrive();
  await other.hangsOn('matched');
  await other.start();
  await one.reaches('connecting');
  await shoot(one, '3-connecting');
  await other.crash();
  await one.reaches('waiting', { timeout: 40_000 });

  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await one.meets(cleo);
  await shoot(one, '4-talking');
  await one.page.getByText('Connection details').click();
  await shoot(one, '4-talking-details');
  await one.page.getByText('Connection details').click();
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
  await one.reaches('waiting');
  await one.button('Unblock everybody').scrollIntoViewIfNeeded();
  await shoot(one, '2-waiting-with-somebody-blocked');
});

test('topics', async ({ visitor }) => {
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

test('before a call', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.button('Settings').click();
  await shoot(one, '1-settings');
  await one.page.keyboard.press('Escape');
  await one.button('Check camera and sound').click();
  await expect(one.page.locator('.mirror select').first()).toBeVisible();
  await shoot(one, '1-mirror');
});

test('what is around the page', async ({ visitor }) => {
  const one = await visitor(ada);
  one.forgive(/WebSocket/, /ERR_INTERNET_DISCONNECTED/);
  await one.page.clock.install();
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await one.page.clock.fastForward('10:05');
  await shoot(one, '2-still-there');
  await one.page.clock.fastForward('01:05');
  await one.isTold('idle');
  await shoot(one, '8-idle');
  await one.start();
  await one.reaches('waiting');
  await one.startsInAnotherTab();
  await one.isTold('other-tab');
  await shoot(one, '8-other-tab');
});

test('without a network, and with a newer page', async ({ visitor }) => {
  const one = await visitor(ada);
  one.forgive(/WebSocket/, /ERR_INTERNET_DISCONNECTED/);
  await one.page.addInitScript(() => {
    new MutationObserver(() => {
      const root = document.getElementById('root');
      if (root) root.dataset.build = 'older';
    }).observe(document, { childList: true, subtree: true });
  });
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await shoot(one, '2-waiting-outdated');
  await one.context.setOffline(true);
  await one.isTold('offline', { timeout: 40_000 });
  await shoot(one, '8-offline');
});

test('asked for a moment', async ({ server, visitor }) => {
  await shoot(await hurries(server, visitor), '8-one-moment');
});

test('a shared screen, reactions', async ({ pair: [one, other] }) => {
  await one.button('Share screen').click();
  await expect(other.page.getByText('They are sharing their screen').first()).toBeVisible();
  await shoot(one, '4-talking-sharing');
  await shoot(other, '4-talking-shared-to');
  await one.button('Stop sharing').click();
  await one.button('Chat').click();
  await one.button('Heart').click();
  await shoot(other, '4-talking-reaction');
  await one.button('Close chat').click();
});

for (const [strength, loss] of [['weak', 5], ['bad', 20]] as const) {
  story(`a ${strength} connection`, async ({ between: { pair, path } }) => {
    for (const one of pair) await one.start();
    await pair[0].reaches('talking');
    path.loss = loss;
    await expect(pair[0].app).toHaveAttribute('data-strength', strength, { timeout: 40_000 });
    await pair[0].page.getByText('Connection details').click();
    await shoot(pair[0], `4-talking-${strength}`);
  });
}

test('in the colours that the system forces, and at twice the size', async ({ visitor }) => {
  const one = await visitor(ada);
  const look = async (name: string) => {
    await one.page.setViewportSize(screens[1]!);
    await one.page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
    await one.page.screenshot({ path: path.join(__dirname, '..', 'shots', `11-${name}-forced.png`) });
    await one.page.emulateMedia({ forcedColors: 'none', contrast: 'more', colorScheme: 'light' });
    await one.page.screenshot({ path: path.join(__dirname, '..', 'shots', `11-${name}-contrast.png`) });
    await one.page.emulateMedia({ contrast: 'no-preference' });
    // 1280 x 800 at 200 %.
    await one.page.setViewportSize({ width: 640, height: 400 });
    await one.page.screenshot({ path: path.join(__dirname, '..', 'shots', `11-${name}-twice.png`) });
    // A phone on its side.
    await one.page.setViewportSize({ width: 844, height: 390 });
    await one.page.screenshot({ path: path.join(__dirname, '..', 'shots', `11-${name}-landscape.png`) });
  };
  await one.arrive();
  await look('landing');
  await one.start();
  await one.reaches('waiting');
  await look('waiting');
  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await one.meets(ben);
  await look('talking');
  await one.button('Chat').click();
  await look('chat');
  await one.button('More').click();
  await look('more');
});

for (const language of ['en-XA', 'ar-XB']) {
  test(`in ${language}`, async ({ visitor, home }) => {
    const one = await visitor(ada);
    await one.arrive(`${home}/?lang=${language}`);
    await shoot(one, `10-landing-${language}`);
    await one.page.locator('[data-intent=start]').click();
    await one.reaches('waiting');
    await shoot(one, `10-waiting-${language}`);
  });
}

test('a camera that takes its time', async ({ visitor }) => {
  const one = await visitor(ada, { desk: 'stuck camera' });
  await one.arrive();
  await one.start();
  await one.reaches('asking');
  await shoot(one, '1-asking');
});

test('without a camera on the other side', async ({ visitor }) => {
  const one = await visitor(ada);
  const other = await visitor(ben, { desk: 'microphone only' });
  for (const visitor of [one, other]) {
    await visitor.arrive();
    await visitor.start();
  }
  await one.reaches('talking');
  await other.reaches('talking');
  await shoot(one, '6-talking-to-a-voice');
  await shoot(other, '7-talking-without-a-camera');
});

test('problems', async ({ visitor }) => {
  const refuses = await visitor(ada, { desk: 'refuses' });
  await refuses.arrive();
  await refuses.start();
  await refuses.isTold('camera-blocked');
  await shoot(refuses, '8-camera-blocked');

  const empty = await visitor(ben, { desk: 'nothing' });
  await empty.arrive();
  await empty.start();
  await empty.isTold('no-device');
  await shoot(empty, '8-no-device');

  const wire = await Wire.lay();
  const lost = await visitor(cleo, { wire });
  lost.forgive(/WebSocket connection to .* failed/);
  await lost.arrive();
  await lost.start();
  await lost.reaches('waiting');
  wire.cut();
  await lost.isTold('server-lost');
  await shoot(lost, '8-server-lost');
  await wire.remove();
});

test('without script', async ({ visitor }) => {
  const one = await visitor(ada, { browser: { javaScriptEnabled: false } });
  await one.open();
  await one.page.waitForLoadState();
  await shoot(one, '9-without-script');
});
