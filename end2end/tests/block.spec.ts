import { ada, ben, cleo, expect, meet, test, type Visitor } from '../fixtures';

test('a blocked stranger is not matched again, even after a reload, until unblocked', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  // Now only the block keeps them apart.
  for (const it of [one, other]) await it.forgetPastMatches();
  await meet(one, other);
  await one.openMore();
  await one.button('Block').click();
  await one.button('Find someone new').click();
  await one.reaches('waiting');
  // Ben is not told of the block and waits for the next stranger.
  await other.reaches('waiting');

  await expectOnlyTheBlockToPart(one, other);
  await expect(one.button('Unblock everyone')).toBeHidden();
});

test('a block waits for a press before the next stranger, and can be undone', async ({ visitor }) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  for (const it of [one, other]) await it.forgetPastMatches();
  await meet(one, other);
  await third.arrive();
  await third.start();
  await third.reaches('waiting');
  const sheet = await one.openMore();
  await one.button('Block').click();
  await expect(sheet, 'the sheet covers nothing').toBeHidden();
  const heading = one.page.getByRole('heading', { level: 1 });
  await expect(heading).toHaveText('Blocked');
  await expect(one.page.getByRole('status').first()).toHaveText('Blocked. You won’t meet them again for 30 days.');
  await other.meets(cleo);
  await other.stop();
  await third.reaches('waiting');
  await expect(one.app, 'somebody waits, but nothing was pressed').toHaveAttribute('data-phase', 'ended');
  await third.stop();

  await one.button('Undo').click();
  await expect(heading).toHaveText('Not blocked');
  await one.button('Find someone new').click();
  await one.reaches('waiting');
  for (const it of [one, other]) await it.forgetPastMatches();
  await meet(one, other);
});

test('a stranger who has left can still be blocked', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  for (const it of [one, other]) await it.forgetPastMatches();
  await meet(one, other);
  await other.stop();
  await one.page.getByRole('button', { name: /^Block (this|the previous) stranger$/ }).click();
  await expect(one.button('Unblock the previous stranger')).toBeFocused();
  await one.reaches('waiting');
  await expectOnlyTheBlockToPart(one, other);
});

test('after Next the previous stranger can be blocked while talking to another', async ({ visitor }) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  for (const it of [one, other, third]) {
    await it.forgetPastMatches();
    await it.arrive();
  }
  await one.start();
  await other.start();
  await one.meets(ben);
  await third.start();
  await third.reaches('waiting');
  await one.next();
  await one.meets(cleo);
  await expect(one.button('Block the previous stranger'), 'nothing hidden behind the picture').toHaveCount(0);
  await one.openMore();
  await one.button('Block the previous stranger').click();
  await expect(one.button('Unblock the previous stranger')).toBeFocused();
  await one.meets(cleo);
  await third.stop();
  await expectOnlyTheBlockToPart(one, other);
});

/** Two visitors, one of whom has blocked the other, wait again and are not matched until they are unblocked. */
async function expectOnlyTheBlockToPart(one: Visitor, other: Visitor): Promise<void> {
  for (const it of [one, other]) {
    await it.arrive();
    await it.start();
    await it.reaches('waiting');
  }
  await one.reaches('waiting');
  await one.button('More').click();
  await one.button('Unblock everyone').click();
  await one.meets(ben);
  await other.meets(ada);
}

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
  await expect(second.getByRole('heading', { name: 'Blocked' })).toBeVisible();
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
  await one.button('Unblock everyone').click();
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
