import { SetMetadata } from '@nestjs/common';

/** The metadata key of `@Public()`. */
export const IS_PUBLIC = 'latchkey:public';

/** Says that a route is open to anybody on purpose. Every route that names no token or password guard has it. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(IS_PUBLIC, true);
