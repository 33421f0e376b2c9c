import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { TokenIntrospectionService } from '../auth/tokens/token-introspection.service.js';
import { RawBody } from '../contract-kit/body.js';
import { JsonBody, type ShortRoute, type Shortly } from '../contract-kit/short-cuts.js';
import { ClientAuthenticationService } from './client-authentication.service.js';
import { introspectionOf } from './introspection.dto.js';
import { oauthForm } from './oauth-form.js';
import { presentedClient } from './presented-client.js';

/** `POST /oauth/introspect` for a service client that was let pass a moment ago, about a token that is known. */
@Injectable()
export class IntrospectionShortCut implements ShortRoute {
  readonly method = 'POST';
  readonly route = '/oauth/introspect';
  readonly paths = [this.route];
  readonly contract = null;
  readonly asksInBody = true;

  constructor(
    private readonly clients: ClientAuthenticationService,
    private readonly introspection: TokenIntrospectionService,
  ) {}

  readonly answer = ({ headers }: IncomingMessage, body: Buffer | undefined): Shortly => {
    if (!body) return undefined;
    const form = oauthForm(new RawBody(body, headers['content-type'] ?? ''));
    const { token } = form;
    if (typeof token !== 'string') return undefined;
    if (!this.clients.wasAllowed('introspect', presentedClient(headers.authorization, form))) return undefined;
    const live = this.introspection.recall(token);
    return live && { body: new JsonBody(introspectionOf(live)), accountId: null };
  };
}
