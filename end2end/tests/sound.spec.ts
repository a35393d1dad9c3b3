import { ada, ben, expect, test } from '../fixtures';

// A trace looks at the page, see below.
test.use({ trace: 'off' });

test('sound that the browser holds back comes with one tap', async ({ visitor }) => {
  // Whoever shares a microphone is always played to, and so is whoever has touched the page; and whatever Playwright looks
  // at counts as touched. So the page presses for itself, and is looked at by other means.
  const one = await visitor(ada, { desk: 'nothing' });
  await one.page.addInitScript(() => {
    const names = ['Start', 'Continue without'];
    const press = () => {
      const button = [...document.querySelectorAll('button')].find((it) => it.checkVisibility() && it.textContent.trim() === names[0]);
      if (!button || !document.querySelector('[data-hydrated]')) return;
      names.shift();
      button.click();
    };
    new MutationObserver(press).observe(document, { subtree: true, childList: true, attributes: true });
  });
  await one.open();
  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await other.reaches('talking');
  const untouched = await one.context.newCDPSession(one.page);
  const expression = `[document.querySelector('.allow-sound').checkVisibility(), document.querySelector('video[data-who=stranger]').paused]`;
  await expect
    .poll(async () => (await untouched.send('Runtime.evaluate', { expression, returnByValue: true })).result.value)
    .toEqual([true, true]);

  await one.button('Turn on sound').click();
  await expect(one.button('Turn on sound')).toBeHidden();
  await one.meets(ben);
});
