/** Well-formed RTP and RTCP packets to start mutations from: what browsers send, one of each kind. */

const hex = (text: string) => Buffer.from(text.replaceAll(/\s+/g, ''), 'hex');
const word = (value: number) => value.toString(16).padStart(8, '0');

/** VP8 with and without extensions, padding, CSRCs; a key frame and what follows it. */
export function rtpSamples(ssrc: number): Buffer[] {
  const source = word(ssrc);
  const keyFrame = '90 e0 8001 00 00 10 02 00 9d 01 2a 40 01 f0 00';
  return [
    hex(`80e0 0001 00000001 ${source} ${keyFrame} ${'00'.repeat(60)}`),
    hex(`8060 0002 00000bb9 ${source} 10 d1 b0 02 ${'11'.repeat(200)}`),
    // One-byte extensions (RFC 8285): mid, abs-send-time, transport sequence number, padding between.
    hex(`90e0 0003 00001771 ${source} bede0003 10 30 22 010203 00 31 0004 00 00 ${keyFrame}`),
    // Two-byte extensions.
    hex(`90e0 0004 00002329 ${source} 10000002 01 01 30 02 03 010203 ${keyFrame}`),
    // Two CSRCs, and four bytes of padding.
    hex(`a2e0 0005 00002ee1 ${source} 00000001 00000002 ${keyFrame} 00000004`),
    // Padding only, as bandwidth probes are.
    hex(`a060 0006 00002ee1 ${source} ${'00'.repeat(223)}e0`),
  ];
}

/** A compound of each feedback kind, about the media source `ssrc`. */
export function rtcpSamples(own: number, ssrc: number): Buffer[] {
  const [sender, media] = [word(own), word(ssrc)];
  const receiverReport = `81c9 0007 ${sender} ${media} 01000002 00010005 00000010 00000000 00000000`;
  const sdes = `81ca 0003 ${sender} 01 04 74657374 00 00`;
  return [
    hex(`80c8 0006 ${sender} e1b00000 80000000 00001770 00000064 00010000 ${sdes}`),
    hex(`${receiverReport} ${sdes}`),
    hex(`80c9 0001 ${sender} 81cd 0003 ${sender} ${media} 0001 ffff`),
    hex(`80c9 0001 ${sender} 81cd 0005 ${sender} ${media} 0001 0003 0100 8001 fff0 ffff`),
    hex(`80c9 0001 ${sender} 81ce 0002 ${sender} ${media}`),
    hex(`80c9 0001 ${sender} 84ce 0004 ${sender} 00000000 ${media} 01000000`),
    hex(`80c9 0001 ${sender} 8fce 0005 ${sender} 00000000 52454d42 01 0f4240 ${media}`),
    hex(`80c9 0001 ${sender} 8fcd 0005 ${sender} ${media} 0001 0004 000010 01 2004 04 08 0c 10`),
    hex(`80c9 0001 ${sender} 80cf 0004 ${sender} 04000002 e1b00000 80000000`),
    hex(`80c9 0001 ${sender} 81cb 0001 ${sender}`),
    hex(`81cd 0003 ${sender} ${media} 0001 0001`),
  ];
}
