/** Writes config.sample.toml and .env.example from the schemas. Tests fail when they differ. */
import { writeFileSync } from 'node:fs';
import { configSample } from '../src/config/config-text.ts';
import { ksfuSample } from '../src/config/ksfu-sample.ts';

writeFileSync(new URL('../config.sample.toml', import.meta.url), configSample());
writeFileSync(new URL('../.env.example', import.meta.url), ksfuSample());
