import axe from 'axe-core';

import { ada, ben, cleo, elsewhere, expect, test, type Visitor } from '../fixtures';
import { Wire } from '../fixtures/wire';

declare global {
  interface Window {
    axe: typeof axe;
  }
}

/** No violation of WCAG 2.2 AA or of good practice that a program can find, in either colour scheme. */
async function isAccessible({ page }: Visitor) {
  await page.evaluate(axe.source);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const phase = await page.locator('#app').getAttribute('data-phase');
    const violations = await page.evaluate(async () => {
      const { violations } = await window.axe.run();
      return violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html }) => `  ${html}`).join('\n')}`);
    });
    expect(violations, `${phase}, ${colorScheme}`).toEqual([]);
  }
}

test('asking', async ({ visitor }) => {
  const one = await visitor(ada, { desk: 'stuck camera' });
  await one.arrive();
  await one.start();
  await one.reaches('asking');
  await isAccessible(one);
  await one.reaches('asking');
});

test('landing, waiting, connecting', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await isAccessible(one);

  await one.start();
  await one.reaches('waiting');
  await isAccessible(one);

  const other = await visitor(ben);
  await other.arrive();
  await other.hangsOn('matched');
  await other.start();
  await one.reaches('connecting');
  await isAccessible(one);
  await one.reaches('connecting');
  await other.crash();
});

test('talking, ended', async ({ pair: [one, other] }) => {
  await isAccessible(one);

  // The end passes quickly, so it is looked at from inside, the moment it comes.
  const violations = one.page.evaluate(async () => {
    const app = document.querySelector('#app')!;
    await new Promise<void>((resolve) => {
      const observer = new MutationObserver(() => {
        if (app.getAttribute('data-phase') === 'ended') resolve();
      });
      observer.observe(app, { attributeFilter: ['data-phase'] });
    });
    const { violations } = await window.axe.run();
    return violations.map(({ id, help }) => `${id}: ${help}`);
  });
  await other.stop();
  expect(await violations).toEqual([]);
});

test('the mirror, the settings', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.button('Settings').click();
  await expect(one.page.getByRole('dialog')).toBeVisible();
  await isAccessible(one);
  await one.page.keyboard.press('Escape');
  await expect(one.button('Settings'), 'the focus is back where it was').toBeFocused();

  await one.button('Check camera and sound').click();
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('How you look and sound');
  await isAccessible(one);
});

test('talking, with chat, details and all else open', async ({ pair: [one, other] }) => {
  for (const visitor of [one, other]) {
    await visitor.page.keyboard.press('t');
    await visitor.page.keyboard.type('Hello');
    await visitor.page.keyboard.press('Enter');
  }
  await expect(one.page.getByRole('log').getByRole('listitem')).toHaveCount(2);
  await one.page.getByText('Connection details').click();
  await expect(one.page.locator('polyline').first()).toBeVisible();
  await isAccessible(one);
  await one.button('More').click();
  await isAccessible(one);
});

test('what is said aloud in a conversation, in order', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    const status = document.querySelector('[role=status]')!;
    new MutationObserver(() => {
      const text = status.textContent!.trim();
      if (text && said.at(-1) !== text) said.push(text);
    }).observe(status, { subtree: true, childList: true, characterData: true });
  });
  await one.start();
  await one.reaches('waiting');
  const other = await visitor(ben);
  await other.dawdles();
  await other.arrive();
  await other.start();
  await one.reaches('connecting');
  await other.hurries();
  await one.reaches('talking');
  await other.reaches('talking');
  await other.button('Turn camera off').click();
  await expect(one.page.getByText('Their camera is off').first()).toBeVisible();
  await other.stop();
  await one.reaches('waiting');
  const said = await one.page.evaluate(() => (window as unknown as { said: string[] }).said);
  const expected = [
    'Looking for someone.',
    'Found someone. Connecting.',
    'You are connected. Say hello.',
    'Their camera is off',
    'They left. Looking for someone else in a moment.',
    'Looking for someone.',
  ];
  expect(said.filter((it) => expected.includes(it))).toEqual(expected);
});

test('the camera is refused', async ({ visitor }) => {
  const one = await visitor(ada, { desk: 'refuses' });
  await one.arrive();
  await one.start();
  await one.isTold('camera-blocked');
  await isAccessible(one);
});

test('there is no camera', async ({ visitor }) => {
  const one = await visitor(cleo, { desk: 'nothing' });
  await one.arrive();
  await one.start();
  await one.isTold('no-device');
  await isAccessible(one);
});

test('the server is lost', async ({ visitor }) => {
  const wire = await Wire.lay();
  const one = await visitor(ada, { wire });
  one.forgive(/WebSocket connection to .* failed/);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  wire.cut();
  await one.isTold('server-lost');
  await isAccessible(one);
  await wire.remove();
});

test('a shared screen, at both ends', async ({ pair: [one, other] }) => {
  await one.button('Share screen').click();
  await expect(other.page.getByText('They are sharing their screen').first()).toBeVisible();
  await isAccessible(one);
  await isAccessible(other);
});

test('asked whether anybody is there, let go, used in another tab', async ({ visitor }) => {
  const one = await visitor(ada);
  one.forgive(/WebSocket/);
  await one.page.clock.install();
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await one.page.clock.fastForward('10:05');
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('Still there?');
  await isAccessible(one);
  await one.page.clock.fastForward('01:05');
  await one.isTold('idle');
  await isAccessible(one);

  await one.start();
  await one.reaches('waiting');
  await one.startsInAnotherTab();
  await one.isTold('other-tab');
  await isAccessible(one);
});

test('offline', async ({ visitor }) => {
  const one = await visitor(ada);
  one.forgive(/WebSocket/, /ERR_INTERNET_DISCONNECTED/);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await one.context.setOffline(true);
  await one.isTold('offline', { timeout: 40_000 });
  await isAccessible(one);
});

test('no relay, no room, no secure page', async ({ visitor, server }) => {
  const one = await visitor(ada);
  one.forgive(/WebSocket/, /Cross-Origin-Opener-Policy/);
  await one.arrive();
  await one.switches('Hide my address');
  await one.start();
  await one.isTold('no-relay');
  await isAccessible(one);

  const home = server.url.replace('127.0.0.1', elsewhere);
  await server.restart({ PASSERBY__SERVER__MAX_CONNECTIONS: '1', PASSERBY__SERVER__ORIGINS: `${server.url},${home}` });
  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await other.reaches('waiting');
  await one.switches('Hide my address');
  await one.button('Try again').click();
  await one.isTold('server-full');
  await isAccessible(one);

  await one.arrive(home);
  await one.start();
  await one.isTold('insecure');
  await isAccessible(one);
});

test('on a phone nothing has to be scrolled sideways, and everything can be hit', async ({ visitor }) => {
  const one = await visitor(ada, { browser: { viewport: { width: 320, height: 640 }, hasTouch: true } });
  await one.arrive();
  await isFit(one);
  await one.start();
  await one.reaches('waiting');
  await isFit(one);
});

/** WCAG 2.2, 1.4.10 and 2.5.8 (enhanced: 44 pixels). */
async function isFit({ page }: Visitor) {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  for (const button of await page.getByRole('button').all()) {
    const box = await button.boundingBox();
    expect(Math.min(box!.width, box!.height), await button.innerText()).toBeGreaterThanOrEqual(44);
  }
}
