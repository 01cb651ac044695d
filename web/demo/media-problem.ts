/** Why a camera, microphone or screen could not be had, said so that people know what to do. Pure. */

export type Device = 'camera' | 'microphone' | 'screen';

export type MediaProblemCode =
  | 'insecure-context'
  | 'not-supported'
  | 'permission-denied'
  | 'not-found'
  | 'in-use'
  | 'failed';

export interface MediaProblem {
  readonly device: Device;
  readonly code: MediaProblemCode;
  readonly message: string;
}

/** @param error what getUserMedia or getDisplayMedia threw. Null when the user simply changed their mind. */
export function describeMediaError(device: Device, error: unknown): MediaProblem | null {
  const name = error instanceof Error || isNamed(error) ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      // Closing the picker of a screen looks the same as a denied permission; it needs no message.
      return device === 'screen' ? null : mediaProblem(device, 'permission-denied');
    case 'NotFoundError':
    case 'OverconstrainedError':
      return mediaProblem(device, 'not-found');
    case 'NotReadableError':
    case 'AbortError':
      return mediaProblem(device, 'in-use');
    case 'TypeError':
    case 'NotSupportedError':
      return mediaProblem(device, 'not-supported');
    default:
      return mediaProblem(device, 'failed');
  }
}

export function mediaProblem(device: Device, code: MediaProblemCode): MediaProblem {
  return { device, code, message: sentence(device, code) };
}

/** Both devices often fail for one reason; then one sentence is enough. */
export function combineProblems(problems: readonly MediaProblem[]): string[] {
  const [first, second] = problems;
  if (first !== undefined && second !== undefined && first.code === second.code) {
    if (first.code === 'insecure-context') return [first.message];
    if (first.code === 'permission-denied') {
      return [
        'Camera and microphone are blocked. Allow them in the address bar, or join to watch and listen.',
      ];
    }
    if (first.code === 'not-found') {
      return ['No camera and no microphone found. You can join to watch and listen.'];
    }
  }
  return problems.map((problem) => problem.message);
}

function sentence(device: Device, code: MediaProblemCode): string {
  switch (code) {
    case 'insecure-context':
      return 'Camera and microphone need a secure page (https, or localhost). You can join to watch and listen.';
    case 'not-supported':
      return device === 'screen'
        ? 'This browser cannot share a screen.'
        : `This browser cannot use a ${device} here.`;
    case 'permission-denied':
      return `The ${device} is blocked. Allow it in the address bar of the browser.`;
    case 'not-found':
      return device === 'screen' ? 'There is no screen to share.' : `No ${device} found.`;
    case 'in-use':
      return `The ${device} cannot be opened. Another program may be using it.`;
    case 'failed':
      return `The ${device} could not be started.`;
  }
}

function isNamed(error: unknown): error is { name: string } {
  return typeof (error as { name?: unknown } | null)?.name === 'string';
}
