/**
 * Why a receiver gets the layers it gets, where it is not because of what its bandwidth allows (then the reason is
 * that given to setTarget()) or a pause (then it is that given to pause()). The same words in statistics, metrics and
 * on the admin page.
 */
export const LayerReason = {
  /** There is nothing above. */
  Highest: 'highest-layer',
  /** The receiver asks for no more. */
  AsAsked: 'as-asked',
  /** What tells the layers above apart, the dependency descriptor, was not negotiated with the receiver. */
  NotDescribed: 'no-dependency-descriptor',
  /** The publisher does not send the layer that is wanted. */
  NotSent: 'not-sent',
  /** On the way to other layers: a key frame or switching point is waited for. */
  Switching: 'switching',
  /** Nothing is sent until a key frame comes. */
  Starting: 'waiting-for-keyframe',
  /** A bug. */
  Failed: 'internal-error',
} as const;
