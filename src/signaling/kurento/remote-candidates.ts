import { ProtocolError } from '../../errors.ts';
import { isEndOfCandidates, parseCandidate } from '../../webrtc/ice/candidate.ts';
import { KurentoError } from './kurento-error.ts';

/** Kept to be shown; a browser has some ten for each line. */
const maxCandidates = 64;

/**
 * What the client says of its addresses, by trickling and in its description. A lite agent waits for checks and has no
 * other use for them than to say which one a pair is made of.
 */
export class RemoteCandidates {
  /** By "address port", made when the first comes. */
  #texts: Map<string, string> | null = null;

  /** Unusable ones are skipped: over TCP, of another component, with a name instead of an address. @throws KurentoError 40401 */
  add(text: string): void {
    if (isEndOfCandidates(text)) return;
    try {
      this.#note(text);
    } catch (error) {
      if (error instanceof ProtocolError) throw new KurentoError(40401, 'Error adding candidate');
      throw error;
    }
  }

  /** The candidate of an address, or what a check from there would make of it. */
  find(address: string, port: number, priority: number, description: string): string {
    const [, described] =
      description.split(/\r?\n/).flatMap((line) => {
        const fields = line.split(' ');
        return line.startsWith('a=candidate:') && fields[4] === address && fields[5] === String(port)
          ? [line, line.slice('a='.length)]
          : [];
      }) ?? [];
    const known = this.#texts?.get(`${address} ${port}`) ?? described;
    return known ?? `candidate:prflx 1 udp ${priority} ${address} ${port} typ prflx`;
  }

  #note(text: string): void {
    const { address, port } = parseCandidate(text);
    this.#texts ??= new Map();
    if (this.#texts.size < maxCandidates)
      this.#texts.set(`${address} ${port}`, text.trim().replace(/^a=/, ''));
  }
}
