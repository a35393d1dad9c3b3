import { ada, expect, test } from '../fixtures';

test('one page of a browser at a time', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  const second = await one.startsInAnotherTab();
  await one.isTold('other-tab');
  await one.lightsAreOut();
  await one.button('Use here').click();
  await one.reaches('waiting');
  await expect(second.locator('main#app')).toHaveAttribute('data-problem', 'other-tab');
});

test('who is offline is told so, and goes on when the network is back', async ({ visitor }) => {
  const one = await visitor(ada);
  one.forgive(/WebSocket/, /ERR_INTERNET_DISCONNECTED/);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await one.context.setOffline(true);
  await one.isTold('offline', { timeout: 40_000 });
  await one.context.setOffline(false);
  await one.hasNoProblem({ timeout: 30_000 });
  await one.reaches('waiting');
});

test('a page of an older deploy says that there is a newer one', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.page.addInitScript(() => {
    if (sessionStorage.length > 0) return;
    sessionStorage.setItem('older', 'once');
    new MutationObserver((_, observer) => {
      const root = document.getElementById('root');
      if (!root) return;
      root.dataset.build = 'older';
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  });
  await one.arrive();
  await one.start();
  await expect(one.page.getByText('A newer version of this page is here.')).toBeVisible();
  await one.button('Reload').click();
  await one.reaches('landing');
  await one.start();
  await one.reaches('waiting');
  await expect(one.page.getByText('A newer version of this page is here.')).toBeHidden();
});

test('who waits and touches nothing for long is asked, and then let go', async ({ visitor }) => {
  const one = await visitor(ada);
  one.forgive(/WebSocket/);
  await one.page.clock.install();
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await one.page.clock.fastForward('10:05');
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('Still there?');
  await one.button('I’m here').click();
  await expect(one.page.getByRole('heading', { level: 1 })).not.toHaveText('Still there?');
  await one.page.clock.fastForward('10:05');
  await one.page.clock.fastForward('01:05');
  await one.isTold('idle');
  await one.lightsAreOut();
});

test('the steps to a permission are those of this browser', async ({ visitor }) => {
  const one = await visitor(ada, { desk: 'refuses' });
  await one.arrive();
  await one.start();
  await one.isTold('camera-blocked');
  await expect(one.page.getByText('Select the icon at the beginning of the address bar')).toBeVisible();
});
