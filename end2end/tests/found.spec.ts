import { ada, ben, expect, meet, test, type Visitor } from '../fixtures';

declare global {
  interface Window {
    /** The loudest sample of each sound that the page has played through an `<audio>` element. */
    played: number[];
    vibrations: unknown[];
    handlers: Map<string, () => void>;
    shownMicrophone: boolean[];
    notified: string[];
  }
}

/** Measures what the page plays, and keeps what it asks the system for. */
async function listen({ page }: Visitor) {
  await page.addInitScript(() => {
    [window.played, window.vibrations, window.handlers, window.shownMicrophone] = [[], [], new Map(), []];
    const { play } = HTMLMediaElement.prototype;
    HTMLMediaElement.prototype.play = function () {
      if (this instanceof HTMLAudioElement) {
        const context = new AudioContext();
        const analyser = new AnalyserNode(context);
        context.createMediaStreamSource(this.srcObject as MediaStream).connect(analyser);
        const [sound, samples] = [window.played.push(0) - 1, new Float32Array(analyser.fftSize)];
        const timer = setInterval(() => {
          analyser.getFloatTimeDomainData(samples);
          window.played[sound] = Math.max(window.played[sound]!, ...samples);
        }, 10);
        setTimeout(() => (clearInterval(timer), context.close()), 1_000);
      }
      return play.call(this);
    };
    const vibrate = Navigator.prototype.vibrate as (pattern: unknown) => boolean;
    Navigator.prototype.vibrate = function (pattern: unknown) {
      window.vibrations.push(pattern);
      return vibrate.call(this, pattern);
    };
    const { setActionHandler, setMicrophoneActive } = MediaSession.prototype;
    MediaSession.prototype.setActionHandler = function (action, handler) {
      if (handler) window.handlers.set(action, handler as () => void);
      setActionHandler.call(this, action, handler);
    };
    MediaSession.prototype.setMicrophoneActive = function (active) {
      window.shownMicrophone.push(active);
      return setMicrophoneActive.call(this, active);
    };
  });
}

test('one who has waited hears that a stranger was found, and the title says so', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  for (const it of [one, other]) {
    await listen(it);
    await it.arrive();
  }
  await expect(one.page).toHaveTitle('Passerby: video calls with strangers');
  await one.start();
  await one.reaches('waiting');
  await expect(one.page).toHaveTitle('Looking for someone… – Passerby');
  await one.page.waitForTimeout(5_500);
  await other.start();
  await Promise.all([one.reaches('talking'), other.reaches('talking')]);
  await expect(one.page).toHaveTitle('Talking with a stranger – Passerby');
  await expect.poll(() => one.page.evaluate(() => Math.max(...window.played)), { message: 'the chime' }).toBeGreaterThan(0.05);
  const [sounds, vibrations] = await one.page.evaluate(() => [window.played.length, window.vibrations] as const);
  expect([sounds, vibrations]).toEqual([1, [80]]);
  expect(await other.page.evaluate(() => [window.played, window.vibrations]), 'one who was found at once').toEqual([[], []]);
});

test('a notification tells who asked for it and looks at another tab', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.context.grantPermissions(['notifications', 'camera', 'microphone']);
  await one.page.addInitScript(() => {
    window.notified = [];
    window.Notification = class extends Notification {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options);
        window.notified.push(title);
      }
    };
  });
  await one.arrive();
  await one.button('Settings').click();
  await one.page.getByRole('switch', { name: 'Notify me' }).click();
  await one.page.keyboard.press('Escape');
  await one.start();
  await one.reaches('waiting');
  await one.page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await other.arrive();
  await other.start();
  await one.reaches('talking');
  expect(await one.page.evaluate(() => window.notified)).toEqual(['Found someone']);
});

test('a refused question about notifications turns their switch off, and a refusal of before hides it', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.button('Settings').click();
  const notify = one.page.getByRole('switch', { name: 'Notify me' });
  // Without a window nobody can answer, and the browser refuses.
  await notify.click();
  await expect(notify).not.toBeChecked();
  expect(await one.page.evaluate(() => localStorage.getItem('passerby.preferences'))).toBeNull();

  const other = await visitor(ben, { browser: { permissions: ['camera', 'microphone'] } });
  await other.arrive();
  expect(await other.page.evaluate(() => Notification.permission)).toBe('denied');
  await other.button('Settings').click();
  await expect(other.page.getByRole('dialog').getByRole('switch', { name: 'Turn off the chime' })).toBeVisible();
  await expect(other.page.getByRole('switch', { name: 'Notify me' })).toBeHidden();
});

test('the controls of the system mute the microphone and end the call, and the one who is left can skip', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await listen(one);
  await meet(one, other);
  await one.page.evaluate(() => window.handlers.get('togglemicrophone')!());
  await expect(other.page.getByText('They’re muted').first()).toBeVisible();
  expect(await one.page.evaluate(() => window.shownMicrophone.at(-1)), 'the system shows it').toBe(false);
  await one.page.evaluate(() => window.handlers.get('hangup')!());
  await one.reaches('landing');
  await other.button('Skip').click();
  // Without the press the page would say for three seconds who left.
  await other.reaches('waiting', { timeout: 1_500 });
});
