import { expect, test, type Visitor } from '../fixtures';

const field = ({ page }: Visitor) => page.getByRole('textbox', { name: 'Message' });
const log = ({ page }: Visitor) => page.getByRole('log');

async function sendMessage(visitor: Visitor, text: string) {
  await field(visitor).fill(text);
  await visitor.button('Send').click();
}

test('a chat message arrives as plain text and the sender sees that it was delivered', async ({ pair: [one, other] }) => {
  await one.button('Chat').click();
  await sendMessage(one, 'Hello <b>you</b> https://example.org');
  const hint = other.page.getByRole('button', { name: 'New message Hello <b>you</b> https://example.org' });
  await expect(hint, 'the hint shows the message').toBeVisible();
  await expect(other.page.locator('[data-kind=chat]')).toHaveAttribute('data-badge', '1');
  await expect(log(one)).toContainText('Delivered');

  await hint.click();
  await expect(field(other)).toBeFocused();
  await expect(log(other)).toContainText('Stranger: Hello <b>you</b> https://example.org');
  expect(await other.page.locator('.chat a, .chat b').count(), 'messages are never rendered as HTML or links').toBe(0);
  await expect(hint).toBeHidden();

  await field(other).pressSequentially('Sal');
  await expect(one.page.getByText('Typing…')).toBeVisible();
  await field(other).press('Enter');
  await expect(log(one)).toContainText('Sal');
  await expect(one.page.getByText('Typing…')).toBeHidden();

  await sendMessage(one, 'שלום');
  const line = other.page.locator('.line-text', { hasText: 'שלום' });
  await expect(line).toBeVisible();
  expect(await line.evaluate((it) => getComputedStyle(it).direction), 'the direction of the message').toBe('rtl');

  await other.next();
  await one.reaches('ended');
  await expect(log(one).getByRole('listitem')).toHaveCount(0);
});

test('the page says how much room a message has left, and when it holds one back', async ({ pair: [one, other] }) => {
  await one.button('Chat').click();
  await field(one).fill('x'.repeat(399));
  await expect(one.page.locator('.chat-note')).toBeEmpty();
  await field(one).press('x');
  await expect(one.page.getByText('100 characters left')).toBeVisible();
  await field(one).fill('x'.repeat(600));
  await expect(one.page.getByText('0 characters left', { exact: true })).toBeVisible();
  await one.button('Send').click();
  await expect(one.page.locator('.chat-note')).toBeEmpty();

  // Faster than the pause between two messages, however busy the machine is.
  const note = await field(one).evaluate(async (it: HTMLInputElement) => {
    for (let i = 0; i < 8; i++) {
      it.value = `quick ${i}`;
      it.form!.requestSubmit();
      await new Promise(requestAnimationFrame);
    }
    return document.querySelector('.chat-note')!.textContent;
  });
  expect(note).toBe('That was fast. You can send more in a moment.');
  await expect(field(one), 'what is held back stays in the field').toHaveValue('quick 7');
  await expect(one.page.locator('.chat-note')).toBeEmpty();
  await field(one).press('Enter');
  await expect(log(other)).toContainText('quick 7');
});

test('a reaction appears at both ends', async ({ pair: [one, other] }) => {
  await one.button('Chat').click();
  await one.button('Heart').click();
  await expect(other.page.locator('.reaction[data-whose=stranger]')).toHaveText('❤️');
  await expect(other.page.getByText('They reacted: Heart')).toBeAttached();
  await expect(one.page.locator('.reaction[data-whose=self]')).toHaveText('❤️');
  await expect(other.page.locator('.reaction[data-whose=stranger]')).toBeEmpty();
});

test('while typing a message, letter shortcuts are off', async ({ pair: [one, other] }) => {
  await one.page.keyboard.press('t');
  await expect(field(one)).toBeFocused();
  await one.page.keyboard.type('mc f');
  await expect(field(one)).toHaveValue('mc f');
  await expect(one.button('Mute microphone')).toBeVisible();
  await expect(one.button('Turn camera off')).toBeVisible();
  await other.reaches('talking');
});

test('a flood of ten thousand messages leaves the receiving page usable', async ({ pair: [one, other] }) => {
  await other.page.evaluate(() => {
    const longest = { ms: 0 };
    Object.assign(window, { longest });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longest.ms = Math.max(longest.ms, duration);
    }).observe({ entryTypes: ['longtask'] });
  });
  await one.page.evaluate(() => window.mediaProbe.floodChat());
  await expect(log(other).getByRole('listitem').nth(19)).toBeAttached();
  await other.button('Chat').click();
  await sendMessage(other, 'Stop that');
  await other.meets(one.person);
  await one.meets(other.person);
  expect(await log(other).getByRole('listitem').count(), 'messages are limited to what a person could write').toBeLessThan(200);
  const longest = await other.page.evaluate(() => (window as unknown as { longest: { ms: number } }).longest.ms);
  console.log(`longest task during the flood: ${Math.round(longest)} ms`);
  expect(longest).toBeLessThan(500);
});

test('reactions need no open chat: from the sheet, and with a key', async ({ pair: [one, other] }) => {
  const shown = other.page.locator('.reaction[data-whose=stranger]');
  const sheet = await one.openMore();
  await sheet.getByRole('button', { name: 'Clap' }).click();
  await expect(shown).toHaveText('👏');
  await expect(sheet, 'the sheet does not cover the call').toBeHidden();
  await one.page.keyboard.press('4');
  await expect(shown).toHaveText('❤️');
  await expect(other.button('Chat'), 'the chat stays closed').toBeVisible();
});
