import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { AdministrationAccountsService } from '../auth/administration/administration-accounts.service.js';
import { AdministrationListService } from '../auth/administration/administration-list.service.js';
import { AdministrationService } from '../auth/administration/administration.service.js';
import { operatorOf } from '../auth/administration/operator.js';
import { CurrentPrincipal } from '../auth/decorators/current-principal.js';
import type { Principal } from '../auth/door.js';
import { ContractBody } from '../contract-kit/contract-body.js';
import { NATIVE } from '../contract-kit/native.js';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from '../contract-kit/openapi.js';
import { ContractQuery } from '../contract-kit/query.js';
import { Refusals } from '../contract-kit/refusals.js';
import { ACCOUNT_ID, AccountId, ADMIN_CHANGING, ADMIN_READING, ForAdmins } from './admin-route.js';
import { UserDto, userDto, UsersDto } from './user.dto.js';
import { usersAsked, usersDto, UsersQueryDto } from './users-query.dto.js';
import { changeOf, newAccountOf, NewUserDto, UserChangeDto } from './users.dto.js';

/** Every account, for administrators. */
@Controller('admin/users')
@ForAdmins()
export class UsersController {
  constructor(
    private readonly list: AdministrationListService,
    private readonly accounts: AdministrationAccountsService,
    private readonly administration: AdministrationService,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'listUsers',
    summary: 'Accounts, by a part of a name, by status, and whether they are administrators',
    description:
      'In the order of ids, or of the names that begin with a `query` of one or two characters. A page may be shorter than `limit`.',
  })
  @ApiOkResponse({ type: UsersDto, description: 'A page of accounts.' })
  @Refusals(NATIVE, UsersQueryDto, ...ADMIN_READING)
  async page(
    @CurrentPrincipal() admin: Principal,
    @ContractQuery(UsersQueryDto) query: UsersQueryDto,
  ): Promise<UsersDto> {
    return usersDto(await this.list.page(operatorOf(admin), usersAsked(query)));
  }

  @Post()
  @ApiOperation({ operationId: 'createUser', summary: 'Make an account' })
  @ApiBody({ type: NewUserDto })
  @ApiCreatedResponse({ type: UserDto, description: 'The new account.' })
  @Refusals(
    NATIVE,
    NewUserDto,
    'body_malformed',
    'email_invalid',
    'password_invalid',
    ...ADMIN_CHANGING,
    'username_taken',
    'email_taken',
  )
  async create(
    @CurrentPrincipal() admin: Principal,
    @ContractBody(NATIVE, NewUserDto) body: NewUserDto,
  ): Promise<UserDto> {
    return userDto(await this.accounts.create(admin, newAccountOf(body)));
  }

  @Get(':id')
  @ApiOperation({ operationId: 'showUser', summary: 'One account' })
  @ApiParam(ACCOUNT_ID)
  @ApiOkResponse({ type: UserDto, description: 'The account.' })
  @Refusals(NATIVE, ...ADMIN_READING, 'account_not_found')
  async show(@AccountId() id: number): Promise<UserDto> {
    return userDto(await this.administration.show(id));
  }

  @Patch(':id')
  @ApiOperation({
    operationId: 'changeUser',
    summary: 'Deactivate or reactivate an account, make it administrator or not, verify its e-mail, reset its password',
    description: 'Everything that is asked for happens, or nothing. Asking again finishes what was cut short.',
  })
  @ApiParam(ACCOUNT_ID)
  @ApiBody({ type: UserChangeDto })
  @ApiOkResponse({ type: UserDto, description: 'The account as it is then.' })
  @Refusals(
    NATIVE,
    UserChangeDto,
    'body_malformed',
    ...ADMIN_CHANGING,
    'account_not_found',
    'email_missing',
    'email_taken',
    'last_admin',
    'too_many_attempts',
  )
  async change(
    @CurrentPrincipal() admin: Principal,
    @AccountId() id: number,
    @ContractBody(NATIVE, UserChangeDto) body: UserChangeDto,
  ): Promise<UserDto> {
    return userDto(await this.administration.change(admin, id, changeOf(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteUser', summary: 'Delete an account' })
  @ApiParam(ACCOUNT_ID)
  @ApiNoContentResponse({ description: 'The account is gone, and every token of it.' })
  @Refusals(NATIVE, ...ADMIN_CHANGING, 'account_not_found', 'last_admin')
  async delete(@CurrentPrincipal() admin: Principal, @AccountId() id: number): Promise<void> {
    await this.administration.delete(admin, id);
  }
}
