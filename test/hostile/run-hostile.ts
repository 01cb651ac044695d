/** `npm run test:hostile`: every attack in full size, with what was answered and what it cost. */
import { parseArgs } from 'node:util';
import { attacksOf, fullSize } from './attacks.ts';
import { Battlefield } from './battlefield.ts';
import { judge, quietMachine } from './judgement.ts';
import { reportLines } from './report-line.ts';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });

// Those who are no attackers want to come in, too.
const field = await Battlefield.open({ limits: { connections: 12_000 } });
try {
  for (const named of attacksOf(fullSize).filter(({ name }) => name.includes(values.only))) {
    const { report, damage } = await field.suffer(named.attack);
    process.stdout.write(`${named.name}\n  ${reportLines(report, damage).join('\n  ')}\n`);
    try {
      judge(named, report, damage, quietMachine);
    } catch (error) {
      process.stdout.write(`  MISSED: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  }
} finally {
  await field.close();
}
