import { figuresOf, formatTable } from './figures.ts';
import { scenarios } from './scenarios.ts';
import { simulate } from './simulation.ts';
const ids = (process.argv[2] ?? 'all').split(',');
const seeds = Number(process.argv[3] ?? 3);
const all = scenarios.filter(({id}) => ids[0] === 'all' || ids.includes(id)).flatMap((s) => Array.from({length: seeds}, (_, i) => figuresOf(simulate(s, i + 1), i + 1)));
console.log(formatTable(all));
