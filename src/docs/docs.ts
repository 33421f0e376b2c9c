import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '../config/env.js';

export async function mountDocs(_app: NestFastifyApplication, _config: Config): Promise<void> {}
