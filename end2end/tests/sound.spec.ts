import { ada, ben, expect, test } from '../fixtures';

// Tracing evaluates code in the page, which counts as a user gesture; see below.
test.use({ trace: 'off' });

test('sound blocked by the autoplay policy starts with one tap', async ({ visitor }) => {
  // Browsers always allow sound on a page that uses the microphone or had a user gesture, and every evaluation by
  // Playwright counts as a user gesture. So a script in the page presses the buttons, and the story inspects the page
  // over CDP.
  const one = await visitor(ada, { devices: 'none' });
  await one.page.addInitScript(() => {
    const names = ['Start', 'Continue without camera'];
    const press = () => {
      const button = [...document.querySelectorAll('button')].find((it) => it.checkVisibility() && it.textContent.trim() === names[0]);
      if (!button || !document.querySelector('[data-hydrated]')) return;
      names.shift();
      button.click();
    };
    new MutationObserver(press).observe(document, { subtree: true, childList: true, attributes: true });
  });
  await one.startLoading();
  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await other.reaches('talking');
  const untouched = await one.context.newCDPSession(one.page);
  const expression = `[document.querySelector('.allow-sound').checkVisibility(), document.querySelector('video[data-who=stranger]').paused]`;
  await expect
    .poll(async () => (await untouched.send('Runtime.evaluate', { expression, returnByValue: true })).result.value)
    .toEqual([true, true]);

  await one.button('Tap for sound').click();
  await expect(one.button('Tap for sound')).toBeHidden();
  await one.meets(ben);
});
