import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { TrailController } from './trail.controller.js';
import { UserSessionsController } from './user-sessions.controller.js';
import { UsersController } from './users.controller.js';

/** The native routes for operators. */
@Module({ imports: [AuthModule], controllers: [UsersController, UserSessionsController, TrailController] })
export class AdminModule {}
