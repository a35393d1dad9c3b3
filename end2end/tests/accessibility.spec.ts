import axe from 'axe-core';

import {
  ada,
  ben,
  cleo,
  expect,
  goOffline,
  holdInConnecting,
  loseServer,
  test,
  untrustedHost,
  waitForIdlePrompt,
  type Visitor,
} from '../fixtures';

declare global {
  interface Window {
    axe: typeof axe;
  }
}

/** axe finds no violation of WCAG 2.2 AA or of good practice, in either colour scheme. */
async function expectAccessible({ page }: Visitor) {
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

test('the page is accessible while it asks for the camera', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'stuck camera' });
  await one.arrive();
  await one.start();
  await one.reaches('asking');
  await expectAccessible(one);
  await one.reaches('asking');
});

test('the page is accessible on landing, while waiting and while connecting', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await expectAccessible(one);

  await one.start();
  await one.reaches('waiting');
  await expectAccessible(one);

  const other = await visitor(ben);
  await other.arrive();
  await other.startAndHangOn('matched');
  await one.reaches('connecting');
  await expectAccessible(one);
  await one.reaches('connecting');
  await other.crash();
});

test('the page is accessible during a call and when it ends', async ({ pair: [one, other] }) => {
  await expectAccessible(one);

  // The ended phase is short, so the check runs inside the page as soon as the phase begins.
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

test('the settings and the device check are accessible', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.button('Settings').click();
  await expect(one.page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
  await expect(one.button('Close')).toBeFocused();
  await expectAccessible(one);
  await one.page.keyboard.press('Escape');
  await expect(one.button('Settings'), 'the focus returns to the button').toBeFocused();

  await one.button('Check camera and mic').click();
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('Looking good?');
  await expectAccessible(one);
});

test('the questions before a start and a covered call are accessible', async ({ visitor }) => {
  const newcomer = await visitor(cleo, { newcomer: true });
  await newcomer.arrive();
  await newcomer.start();
  await expect(newcomer.page.locator('.rules')).toBeVisible();
  await expectAccessible(newcomer);
  await newcomer.button('I\u2019m under 18').click();
  await newcomer.seesProblem('under-age');
  await expectAccessible(newcomer);

  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.page.addInitScript(() => localStorage.setItem('passerby.preferences', 'soft-start'));
  for (const visitor of [one, other]) {
    await visitor.arrive();
    await visitor.start();
  }
  await expect(other.page.getByRole('status')).toContainText('both blurred');
  await expectAccessible(one);
  await one.button('Reveal').focus();
  await one.page.keyboard.press('Enter');
  await expect(other.page.getByRole('status')).toContainText('ready when you are');
  await expectAccessible(one);
});

test('each step of a report is accessible', async ({ pair: [one] }) => {
  const heading = one.page.locator('dialog.question[open]').getByRole('heading', { level: 2 });
  await one.button('Report').click();
  await expect(heading).toHaveAccessibleDescription('The call is over. They won\u2019t be told that you reported them.');
  await expectAccessible(one);
  await one.page.keyboard.press('Escape');
  await one.button('Report someone').click();
  await expect(heading).toHaveText('Who do you want to report?');
  await expectAccessible(one);
  await one.page.keyboard.press('Tab');
  await one.page.keyboard.press('Enter');
  await one.page.getByRole('radio', { name: 'Spam or fake video' }).check();
  await one.button('Send report').click();
  await expect(heading).toHaveText('Thank you');
  await expectAccessible(one);
});

test('a call with chat, details and settings open is accessible', async ({ pair: [one, other] }) => {
  for (const visitor of [one, other]) {
    await visitor.page.keyboard.press('t');
    await expect(visitor.page.getByRole('textbox', { name: 'Message' })).toBeFocused();
    await visitor.page.keyboard.type('Hello');
    await visitor.page.keyboard.press('Enter');
  }
  await expect(one.page.getByRole('log').getByRole('listitem')).toHaveCount(2);
  await expectAccessible(one);
  await one.openDetails();
  await expect(one.page.locator('polyline').first()).toBeVisible();
  await expectAccessible(one);
});

test('a screen reader hears the steps of a call in order', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.page.evaluate(() => {
    const announced: string[] = [];
    Object.assign(window, { announced });
    const status = document.querySelector('[role=status]')!;
    new MutationObserver(() => {
      const text = status.textContent!.trim();
      if (text && announced.at(-1) !== text) announced.push(text);
    }).observe(status, { subtree: true, childList: true, characterData: true });
  });
  await one.start();
  await one.reaches('waiting');
  const other = await visitor(ben);
  await holdInConnecting(one, other);
  await other.releaseDescriptions();
  await one.reaches('talking');
  await other.reaches('talking');
  await other.button('Turn camera off').click();
  await expect(one.page.getByText('Their camera is off').first()).toBeVisible();
  await other.stop();
  await one.reaches('waiting');
  const announced = await one.page.evaluate(() => (window as unknown as { announced: string[] }).announced);
  const expected = [
    'Looking for someone.',
    'Found someone. Connecting.',
    'You’re connected. Say hi!',
    'Their camera is off',
    'They left. Finding you someone new.',
    'Looking for someone.',
  ];
  expect(announced.filter((it) => expected.includes(it))).toEqual(expected);
});

test('the page is accessible after the camera was refused', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'permission denied' });
  await one.arrive();
  await one.start();
  await one.seesProblem('camera-blocked');
  await expectAccessible(one);
});

test('the page is accessible when there is no camera', async ({ visitor }) => {
  const one = await visitor(cleo, { devices: 'none' });
  await one.arrive();
  await one.start();
  await one.seesProblem('no-device');
  await expectAccessible(one);
});

test('the page is accessible after it lost the server', async ({ visitor, faultyProxy }) => {
  const one = await loseServer(visitor, faultyProxy, ada);
  await expectAccessible(one);
});

test('a shared screen is accessible at both ends', async ({ pair: [one, other] }) => {
  await one.button('Share screen').click();
  await expect(other.page.getByText('They’re sharing their screen').first()).toBeVisible();
  await expectAccessible(one);
  await expectAccessible(other);
});

test('the idle prompt, the idle notice and the other-tab notice are accessible', async ({ visitor }) => {
  const one = await visitor(ada);
  await waitForIdlePrompt(one);
  await expectAccessible(one);
  await one.page.clock.fastForward('01:05');
  await one.seesProblem('idle');
  await expectAccessible(one);

  await one.start();
  await one.reaches('waiting');
  await one.startInAnotherTab();
  await one.seesProblem('other-tab');
  await expectAccessible(one);
});

test('the page is accessible when the browser is offline', async ({ visitor }) => {
  const one = await visitor(ada);
  one.expectErrors(/WebSocket/, /ERR_INTERNET_DISCONNECTED/);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await goOffline(one);
  await expectAccessible(one);
});

test('the notices for no relay, a full server and an insecure page are accessible', async ({ visitor, server }) => {
  const one = await visitor(ada);
  one.expectErrors(/WebSocket/, /Cross-Origin-Opener-Policy/);
  await one.hidesAddress(server);
  await one.start();
  await one.seesProblem('no-relay');
  await expectAccessible(one);

  const home = server.url.replace('127.0.0.1', untrustedHost);
  await server.restart({ PASSERBY__SERVER__MAX_CONNECTIONS: '1', PASSERBY__SERVER__ORIGINS: `${server.url},${home}` });
  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await other.reaches('waiting');
  await one.button('Meet people anyway').click();
  await one.seesProblem('server-full');
  await expectAccessible(one);

  await one.arrive(home);
  await one.start();
  await one.seesProblem('insecure');
  await expectAccessible(one);
});

test('on a phone the page does not scroll sideways and every button is large enough', async ({ visitor }) => {
  const one = await visitor(ada, { browser: { viewport: { width: 320, height: 640 }, hasTouch: true } });
  await one.arrive();
  await expectFitsPhone(one);
  await one.start();
  await one.reaches('waiting');
  await expectFitsPhone(one);
});

/** WCAG 2.2, success criteria 1.4.10 and 2.5.8 (enhanced: 44 pixels). */
async function expectFitsPhone({ page }: Visitor) {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  for (const button of await page.getByRole('button').all()) {
    const box = await button.boundingBox();
    expect(Math.min(box!.width, box!.height), await button.innerText()).toBeGreaterThanOrEqual(44);
  }
}
