import { ada, ben, cleo, expect, test } from '../fixtures';

test('who is blocked is not met again, after a reload neither, until everybody is unblocked', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  for (const it of [one, other]) {
    // So that nothing but the block keeps them apart.
    await it.forgetsWhomItMet();
    await it.arrive();
    await it.start();
  }
  await one.meets(ben);
  await one.button('More').click();
  await one.button('Block').click();
  await one.reaches('waiting');
  // Ben hears of no block, and looks on.
  await other.reaches('waiting');

  for (const it of [one, other]) {
    await it.arrive();
    await it.start();
    await it.reaches('waiting');
  }
  await one.reaches('waiting');
  await one.button('More').click();
  await one.button('Unblock everybody').click();
  await one.meets(ben);
  await other.meets(ada);
  await expect(one.button('Unblock everybody')).toBeHidden();
});

test('who is blocked in one tab is blocked in the other one too', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  const second = await one.startsInAnotherTab();
  await one.isTold('other-tab');
  await other.forgetsWhomItMet();
  await other.arrive();
  await other.start();
  await other.meets(ada);
  await second.getByRole('button', { name: 'More', exact: true }).click();
  await second.getByRole('button', { name: 'Block', exact: true }).click();
  await expect(second.locator('main#app')).toHaveAttribute('data-phase', 'waiting');
  // So that nothing but the block keeps them apart.
  await second.evaluate(() => localStorage.removeItem('passerby.met'));

  await one.page.bringToFront();
  await one.button('Use here').click();
  await one.reaches('waiting');
  await other.arrive();
  await other.start();
  await other.reaches('waiting');
  await one.reaches('waiting');
  await one.button('More').click();
  await one.button('Unblock everybody').click();
  await one.meets(ben);
  await other.meets(ada);
});

test('the same two wait for somebody else before they meet again', async ({ visitor }) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  for (const it of [one, other]) {
    await it.arrive();
    await it.start();
  }
  await one.meets(ben);
  await other.meets(ada);
  for (const it of [one, other]) {
    await it.arrive();
    await it.start();
    await it.reaches('waiting');
  }
  await third.arrive();
  await third.start();
  await one.meets(cleo);
  await other.reaches('waiting');
});
