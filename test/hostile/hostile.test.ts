/**
 * Hostile clients of each dialect, while a call goes on in another room of the same server: clear answers, bounded memory,
 * and the call goes on. This is a slice; `npm run test:hostile` has all of it.
 */
import { after, before, describe, it } from 'node:test';
import { attacksOf, sliceSize } from './attacks.ts';
import { Battlefield } from './battlefield.ts';
import { busyMachine, judge } from './judgement.ts';
import { reportLines } from './report-line.ts';

const calmMs = 200;

describe('hostile clients', () => {
  let field: Battlefield;

  before(async () => {
    field = await Battlefield.open({}, calmMs);
  });
  after(() => field.close());

  for (const named of attacksOf(sliceSize)) {
    it(named.name, async (t) => {
      const { report, damage } = await field.suffer(named.attack);
      for (const line of reportLines(report, damage)) t.diagnostic(line);
      judge(named, report, damage, busyMachine);
    });
  }
});
