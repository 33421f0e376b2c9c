import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessTokenIssuer } from './access-token-issuer.js';
import { AccessTokenService } from './access-token.service.js';
import { AllSessions } from './all-sessions.js';
import { KeyRing } from './key-ring.js';
import { OneTimeToken } from './one-time-token.entity.js';
import { OneTimeTokensService } from './one-time-tokens.service.js';
import { OpaqueTokenService } from './opaque-token.service.js';
import { RefreshTokenService } from './refresh-token.service.js';
import { RevocationFeed } from './revocation-feed.js';
import { Revocations } from './revocations.js';
import { RevocationsStore } from './revocations.store.js';
import { SessionList } from './session-list.js';
import { SessionStandings } from './session-standings.js';
import { SessionsService } from './sessions.service.js';
import { ServiceClient } from './service-client.entity.js';
import { ServiceClientsService } from './service-clients.service.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeysStore } from './signing-keys.store.js';

const SERVICES = [
  SigningKeysStore,
  KeyRing,
  Revocations,
  RevocationsStore,
  RevocationFeed,
  SessionsService,
  SessionStandings,
  SessionList,
  AllSessions,
  AccessTokenIssuer,
  AccessTokenService,
  RefreshTokenService,
  OpaqueTokenService,
  OneTimeTokensService,
  ServiceClientsService,
];

/** Sessions and the tokens made from them. Every signature names its own key, so the JWT module has none. */
@Module({
  imports: [TypeOrmModule.forFeature([SigningKey, ServiceClient, OneTimeToken]), JwtModule.register({})],
  providers: SERVICES,
  exports: SERVICES,
})
export class TokensModule {}
