/**
 * The speech activity scores of I. Volfin and I. Cohen, "Dominant speaker identification for multipoint
 * videoconferencing", Computer Speech & Language 27 (2013) 895–910: for each of three intervals the logarithm of how
 * much more likely the number of active sub-units is under speech than under noise.
 */

/** Sub-units of the immediate interval: steps of loudness (sub-bands in the paper, where the signal itself is at hand). */
export const immediateUnits = 13;
/** Sub-units of the medium interval: frames of 20 ms. */
export const mediumUnits = 5;
/**
 * Sub-units of the long interval: medium intervals. The paper takes 10, which is a second; with 6 somebody who takes
 * the word leads in the long interval after 300 ms, even if the other spoke to the last moment.
 */
export const longUnits = 6;

/** Speech: each sub-unit is active with this probability. */
const activeProbability = 0.5;
/** Noise: parameters of the exponential distributions of the number of active sub-units. */
const immediateRate = 0.78;
const mediumRate = 24;
const longRate = 47;
/** Scores are compared by their quotient, so none is 0. */
const minScore = 1e-10;

/** Score by number of active sub-units. */
export const immediateScores = scores(immediateUnits, immediateRate);
export const mediumScores = scores(mediumUnits, mediumRate);
export const longScores = scores(longUnits, longRate);

/** By how much the logarithm of a quotient of scores must exceed 0 for one speaker to dominate another. */
const immediateMargin = 3;
const mediumMargin = 2;
const longMargin = 0;

/** The active sub-units of one speaker's three intervals. */
export interface Activity {
  readonly immediate: number;
  readonly medium: number;
  readonly long: number;
}

/** Whether `challenger` takes the word from `dominant`: it leads in all three intervals. */
export function dominates(challenger: Activity, dominant: Activity): boolean {
  return (
    mediumLead(challenger, dominant) > mediumMargin &&
    Math.log(immediateScores[challenger.immediate] / immediateScores[dominant.immediate]) > immediateMargin &&
    Math.log(longScores[challenger.long] / longScores[dominant.long]) > longMargin
  );
}

/** How far `challenger` is ahead in the medium interval: decides among several. */
export function mediumLead(challenger: Activity, dominant: Activity): number {
  return Math.log(mediumScores[challenger.medium] / mediumScores[dominant.medium]);
}

/** log of: binomial(v; n, p) / exponential(v; rate), for v = 0 … n. */
function scores(units: number, rate: number): Float64Array {
  return Float64Array.from({ length: units + 1 }, (_, active) => {
    const speech =
      logChoose(units, active) +
      active * Math.log(activeProbability) +
      (units - active) * Math.log(1 - activeProbability);
    const noise = Math.log(rate) - rate * active;
    return Math.max(minScore, speech - noise);
  });
}

function logChoose(n: number, k: number): number {
  let log = 0;
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i);
  return log;
}
