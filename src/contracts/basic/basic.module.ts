import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { BasicController } from './basic.controller.js';

/** Contract 4. */
@Module({ imports: [AuthModule], controllers: [BasicController] })
export class BasicModule {}
