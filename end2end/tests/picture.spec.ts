import { ada, ben, expect, test, type Visitor } from '../fixtures';

declare global {
  interface Window {
    /** When the page first said that the two are talking, in milliseconds of `performance.now()`. */
    talkingAt?: number;
    /** Stops the frames of the camera, or lets them go on. */
    holdCamera(holds: boolean): void;
  }
}

/** The longest time from the match to a call with sound. */
const WITHIN_MS = 3_000;

/** Words of a page that has no picture of the stranger. It may know the reason from the stranger's page. */
const noPicture = /No video from them|Their camera is off/;

/** From the next page load on, notes when the call begins. */
async function noteStart({ page }: Visitor): Promise<void> {
  await page.addInitScript(() => {
    new MutationObserver(() => {
      if (document.querySelector('main#app[data-phase=talking]')) window.talkingAt ??= performance.now();
    }).observe(document, { subtree: true, childList: true, attributeFilter: ['data-phase'] });
  });
}

/** From the next page load on, the page knows only this video codec. */
async function allowOnly({ page }: Visitor, codec: string): Promise<void> {
  await page.addInitScript((name) => {
    const set = RTCRtpTransceiver.prototype.setCodecPreferences;
    RTCRtpTransceiver.prototype.setCodecPreferences = function (codecs) {
      const isKept = ({ mimeType }: RTCRtpCodec) => !mimeType.startsWith('video/') || mimeType === `video/${name}`;
      set.call(this, [...codecs].filter(isKept));
    };
  }, codec);
}

/** From the next page load on, the camera gives the frames of a canvas until it is held, or none at all. */
async function useCanvasCamera({ page }: Visitor, givesFrames: boolean): Promise<void> {
  await page.addInitScript((moves) => {
    let held = !moves;
    window.holdCamera = (holds) => (held = holds);
    const open = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function (constraints) {
      const stream = await open.call(this, constraints);
      for (const track of stream.getVideoTracks()) {
        stream.removeTrack(track);
        track.stop();
        const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
        const context = canvas.getContext('2d')!;
        let frame = 0;
        const draw = () => {
          if (held) return;
          context.fillStyle = 'rgb(208, 32, 32)';
          context.fillRect(0, 0, 320, 240);
          context.fillStyle = 'white';
          context.fillRect((frame++ * 4) % 300, 200, 20, 20);
        };
        setInterval(draw, 33);
        stream.addTrack(canvas.captureStream(30).getVideoTracks()[0]!);
      }
      return stream;
    };
  }, givesFrames);
}

/**
 * From the next page load on, the frames of the own picture are overwritten after they were encoded, so that no decoder
 * can read them.
 */
async function garblePicture({ page }: Visitor): Promise<void> {
  await page.addInitScript(() => {
    // Runs in a worker, so it may not use anything outside itself.
    const garble = () => {
      addEventListener('rtctransform', (event) => {
        const { readable, writable } = (event as Event & { transformer: TransformStream }).transformer;
        const overwrite = new TransformStream({
          transform(frame: { data: ArrayBuffer }, controller) {
            new Uint8Array(frame.data).fill(0xff);
            controller.enqueue(frame);
          },
        });
        void readable.pipeThrough(overwrite).pipeTo(writable);
      });
    };
    const worker = new Worker(URL.createObjectURL(new Blob([`(${garble})()`])));
    const add = RTCPeerConnection.prototype.addTrack;
    RTCPeerConnection.prototype.addTrack = function (track, ...streams) {
      const sender = add.call(this, track, ...streams);
      if (track.kind === 'video') {
        Object.assign(sender, { transform: Reflect.construct(Reflect.get(window, 'RTCRtpScriptTransform'), [worker]) });
      }
      return sender;
    };
  });
}

/** Both press Start. Each has a call with the sound of the other soon after the match. */
async function talk(one: Visitor, other: Visitor): Promise<void> {
  for (const visitor of [one, other]) {
    await noteStart(visitor);
    await visitor.arrive();
    await visitor.start();
  }
  for (const [visitor, partner] of [[one, other], [other, one]] as const) {
    await visitor.reaches('talking');
    const took = await visitor.page.evaluate(() => window.talkingAt! - window.mediaProbe.matchedAt!);
    expect(took, `milliseconds until ${visitor.person.name} is talking`).toBeLessThan(WITHIN_MS);
    await visitor.hears(partner.person);
  }
}

/** The page covers the stranger's picture and says why. */
async function seesWords({ page }: Visitor, words: RegExp): Promise<void> {
  await expect(page.locator('.stranger')).toHaveAttribute('data-picture', 'off', { timeout: WITHIN_MS });
  await expect(page.locator('.chip').filter({ hasText: words }).filter({ visible: true })).toHaveCount(1);
}

/** Nobody is dropped in the time in which a match would fail. */
async function staysTalking(...visitors: Visitor[]): Promise<void> {
  for (const visitor of visitors) await visitor.takePhases();
  // The time itself is what is waited for.
  await visitors[0]!.page.waitForTimeout(13_000);
  for (const visitor of visitors) expect(await visitor.takePhases(), visitor.person.name).toEqual([]);
}

test('a camera without frames: both talk, and the other page says that there is no picture', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await useCanvasCamera(one, false);
  await talk(one, other);
  await seesWords(other, noPicture);
  await one.sees(ben);
  await staysTalking(one, other);
});

test('a picture that no decoder can read: both talk, and both are told', async ({ visitor }) => {
  // The page's policy allows no workers.
  const [one, other] = [await visitor(ada, { browser: { bypassCSP: true } }), await visitor(ben)];
  await garblePicture(one);
  await talk(one, other);
  await seesWords(other, noPicture);
  await expect(one.page.locator('.chip', { hasText: 'They can’t see you' })).toBeVisible();
  const arrived = () =>
    other.page.evaluate(async () => {
      const connection = window.mediaProbe.connected();
      const video = [...(await connection.getStats()).values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
      return { arrive: video.packetsReceived > 50, decode: video.framesDecoded > 0 };
    });
  await expect.poll(arrived).toEqual({ arrive: true, decode: false });
  await one.sees(ben);
  await other.hears(ada);
});

test('without a common video codec both talk, and both are told', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await allowOnly(one, 'VP8');
  await allowOnly(other, 'VP9');
  await talk(one, other);
  await seesWords(one, noPicture);
  await seesWords(other, noPicture);
  await staysTalking(one, other);
  for (const it of [one, other]) await it.hears(it === one ? ben : ada);
});

test('a picture that freezes is covered by words within three seconds, and comes back', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await useCanvasCamera(one, true);
  await talk(one, other);
  await other.sees(ada);
  await one.page.evaluate(() => window.holdCamera(true));
  await seesWords(other, /Their video has stopped|Their camera is off/);
  await other.hears(ada);
  await one.page.evaluate(() => window.holdCamera(false));
  await other.sees(ada);
  await expect(other.page.locator('.stranger')).toHaveAttribute('data-picture', 'on');
});
