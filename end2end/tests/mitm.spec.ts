import { ada, ben, expect, test, type Visitor } from '../fixtures';
import type { Page, WebSocketRoute } from '@playwright/test';

declare global {
  interface Window {
    /** Takes one end's description or candidate, and says what the other end is to be told instead. */
    offerFor(offer: string, candidates: RTCIceCandidateInit[]): Promise<string>;
    answerFor(answer: string): Promise<string>;
    candidate(from: 'impolite' | 'polite', candidate: RTCIceCandidateInit): Promise<void>;
  }
}

/** Ends both connections itself, and passes everything on between them: pictures, voices, messages. */
function sitBetween() {
  const ends = { impolite: new RTCPeerConnection(), polite: new RTCPeerConnection() };
  const channel = (end: RTCPeerConnection) => end.createDataChannel('passerby.v1', { negotiated: true, id: 0 });
  const channels = { impolite: channel(ends.impolite), polite: channel(ends.polite) };
  channels.impolite.onmessage = ({ data }) => channels.polite.send(data as string);
  channels.polite.onmessage = ({ data }) => channels.impolite.send(data as string);

  const pass = (from: RTCPeerConnection, to: RTCPeerConnection) => {
    from.ontrack = ({ track }) => {
      const transceiver = to.getTransceivers().find(({ receiver }) => receiver.track.kind === track.kind)!;
      void transceiver.sender.replaceTrack(track);
    };
  };
  const gathered = async (end: RTCPeerConnection) => {
    await end.setLocalDescription();
    await new Promise<void>((resolve) => {
      const look = () => end.iceGatheringState === 'complete' && resolve();
      end.onicegatheringstatechange = look;
      look();
    });
    return end.localDescription!.sdp;
  };
  window.offerFor = async (sdp, candidates) => {
    ends.polite.addTransceiver('audio');
    ends.polite.addTransceiver('video');
    pass(ends.impolite, ends.polite);
    pass(ends.polite, ends.impolite);
    await ends.impolite.setRemoteDescription({ type: 'offer', sdp });
    for (const transceiver of ends.impolite.getTransceivers()) transceiver.direction = 'sendrecv';
    for (const it of candidates) await ends.impolite.addIceCandidate(it);
    return gathered(ends.polite);
  };
  window.answerFor = async (sdp) => {
    await ends.polite.setRemoteDescription({ type: 'answer', sdp });
    return gathered(ends.impolite);
  };
  window.candidate = (from, candidate) => ends[from].addIceCandidate(candidate);
}

const init = ({ candidate, sdp_mid, sdp_m_line_index, username_fragment }: Record<string, any>): RTCIceCandidateInit => ({
  candidate,
  sdpMid: sdp_mid ?? null,
  sdpMLineIndex: sdp_m_line_index ?? null,
  usernameFragment: username_fragment ?? null,
});

/** What the server says to a page goes through here, in order. */
async function intercept({ page }: Visitor, middle: Page) {
  await page.routeWebSocket(/\/ws$/, (socket: WebSocketRoute) => {
    const server = socket.connectToServer();
    let last = Promise.resolve();
    server.onMessage((text) => {
      last = last.then(async () => {
        const frame = JSON.parse(text.toString());
        const { matched, signal } = frame.msg;
        if (matched?.ahead?.theirs) {
          const { theirs } = matched.ahead;
          const offer = await middle.evaluate(([sdp, all]) => window.offerFor(sdp, all), [
            theirs.offer as string,
            theirs.candidates.map(init) as RTCIceCandidateInit[],
          ] as const);
          matched.ahead.theirs = { offer, candidates: [] };
        } else if (signal?.signal.answer) {
          signal.signal.answer.sdp = await middle.evaluate((sdp) => window.answerFor(sdp), signal.signal.answer.sdp);
        } else if (signal?.signal.candidate) {
          // What is said to the polite end was said by the impolite one.
          const from = toPolite.has(page) ? ('impolite' as const) : ('polite' as const);
          await middle.evaluate(([from, it]) => window.candidate(from, it), [from, init(signal.signal.candidate)] as const);
          signal.signal = { 'end-of-candidates': {} };
        }
        socket.send(JSON.stringify(frame));
      });
    });
  });
}

const toPolite = new Set<Page>();

test('who sits between the two and swaps their certificates is seen', async ({ visitor, browsers }) => {
  const middle = await (await browsers.of(ada, 'nothing')).newPage();
  await middle.goto('about:blank');
  await middle.evaluate(sitBetween);
  const [one, other] = [await visitor(ada), await visitor(ben)];
  toPolite.add(other.page);
  for (const it of [one, other]) await intercept(it, middle);

  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  // The offer is made ahead.
  await expect.poll(() => one.page.evaluate(() => window.witness.connections.at(-1)?.iceGatheringState)).toBe('complete');
  await other.arrive();
  await other.start();
  await one.sees(ben);
  await other.sees(ada);

  const codes = [];
  for (const { page } of [one, other]) {
    await page.getByText('Connection details').click();
    const code = page.locator('[data-code]');
    await expect(code).toBeVisible();
    codes.push(await code.getAttribute('data-code'));
  }
  expect(codes[0], 'they see each other, and the codes are not the same').not.toEqual(codes[1]);
  await middle.close();
});
