import { ada, ben, cleo, expect, test } from '../fixtures';

test('a blocked stranger is not matched again, even after a reload, until unblocked', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  for (const it of [one, other]) {
    // Now only the block keeps them apart.
    await it.forgetPastMatches();
    await it.arrive();
    await it.start();
  }
  await one.meets(ben);
  await one.button('More').click();
  await one.button('Block').click();
  await one.reaches('waiting');
  // Ben is not told of the block and waits for the next stranger.
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

test('a block made in one tab also applies in another tab', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  const second = await one.startInAnotherTab();
  await one.seesProblem('other-tab');
  await other.forgetPastMatches();
  await other.arrive();
  await other.start();
  await other.meets(ada);
  await second.getByRole('button', { name: 'More', exact: true }).click();
  await second.getByRole('button', { name: 'Block', exact: true }).click();
  await expect(second.locator('main#app')).toHaveAttribute('data-phase', 'waiting');
  // Now only the block keeps them apart.
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

test('two who just met are matched with others first', async ({ visitor }) => {
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
