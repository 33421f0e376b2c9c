import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { HelpDeskController } from './help-desk.controller.js';
import { SessionsController } from './sessions.controller.js';
import { TrailController } from './trail.controller.js';
import { UserSessionsController } from './user-sessions.controller.js';
import { UsersController } from './users.controller.js';

/** The native routes for operators. */
@Module({
  imports: [AuthModule],
  controllers: [UsersController, HelpDeskController, UserSessionsController, SessionsController, TrailController],
})
export class AdminModule {}
