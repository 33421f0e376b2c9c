import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { bearerToken } from '../../auth/bearer.js';

/** Refuses requests without a bearer token before their body is looked at; what the token is worth comes after that. */
@Injectable()
export class BearerGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    bearerToken(context.switchToHttp().getRequest());
    return true;
  }
}
