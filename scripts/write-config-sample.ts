/** Writes config.sample.toml from the schema. A test fails when the two differ. */
import { writeFileSync } from 'node:fs';
import { configSample } from '../src/config/config-text.ts';

writeFileSync(new URL('../config.sample.toml', import.meta.url), configSample());
