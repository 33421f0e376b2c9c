import { writeFileSync } from 'node:fs';
import { describeSettings } from '../src/config/env.js';

writeFileSync(new URL('../.env.example', import.meta.url), describeSettings());
