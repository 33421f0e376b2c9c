import type { AddressInfo } from 'node:net';
import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import express, { type ErrorRequestHandler } from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import jwt from 'jsonwebtoken';
import jwksRsa from 'jwks-rsa';

/** A client that verifies access tokens by itself: the claims of a good one, or it throws. */
export interface Verifier {
  readonly name: string;
  readonly verify: (token: string) => Promise<unknown>;
  readonly close?: () => void;
}

/** The real libraries, unmodified, each set up for a service as its own manual says. */
export async function verifiersOf(issuer: string, algorithm: 'ES256' | 'RS256'): Promise<Verifier[]> {
  return [ofJose(issuer), ofJwksRsa(issuer, algorithm), ofAws(issuer), await ofExpress(issuer)];
}

/** `jose`, as services on Node, Deno and Bun use it. */
export function ofJose(issuer: string): Verifier {
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
  const options = { issuer, audience: issuer, typ: 'at+jwt' };
  return { name: 'jose', verify: async (token) => (await jwtVerify(token, keys, options)).payload };
}

function ofJwksRsa(issuer: string, algorithm: 'ES256' | 'RS256'): Verifier {
  const client = jwksRsa({ jwksUri: `${issuer}/.well-known/jwks.json`, cache: true });
  const keyOf: jwt.GetPublicKeyOrSecret = ({ kid }, done) => {
    client.getSigningKey(kid, (error, key) => done(error, key?.getPublicKey()));
  };
  const options: jwt.VerifyOptions = { issuer, audience: issuer, algorithms: [algorithm] };
  const verify = (token: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      jwt.verify(token, keyOf, options, (error, claims) => (error ? reject(error) : resolve(claims)));
    });
  return { name: 'jwks-rsa', verify };
}

/** Its own fetcher speaks https only. */
function ofAws(issuer: string): Verifier {
  const fetcher = { fetch: async (uri: string) => (await fetch(uri)).arrayBuffer() };
  const jwksUri = `${issuer}/.well-known/jwks.json`;
  const verifier = JwtVerifier.create(
    { issuer, audience: issuer, jwksUri },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  );
  return { name: 'aws-jwt-verify', verify: (token) => verifier.verify(token) };
}

/** An Express application that finds everything by the metadata and demands what RFC 9068 does. */
async function ofExpress(issuer: string): Promise<Verifier> {
  const app = express();
  app.use(auth({ issuerBaseURL: issuer, audience: issuer, strict: true }));
  app.get('/', (request, response) => void response.json(request.auth?.payload));
  const refuse: ErrorRequestHandler = (error: { status?: number; message: string }, _request, response, _next) =>
    void response.status(error.status ?? 500).send(error.message);
  app.use(refuse);
  const server = app.listen(0, '127.0.0.1');
  // It must not end an idle connection while a test's next request is on its way.
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const verify = async (token: string): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { authorization: `Bearer ${token}` } });
    // Anything but a refusal of the token is a fault of the test.
    if (response.status === 500) throw new TypeError(await response.text());
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  return { name: 'express-oauth2-jwt-bearer', verify, close: () => void server.close() };
}

/** The names of the verifiers, for tables of tests. */
export const VERIFIER_NAMES = ['jose', 'jwks-rsa', 'aws-jwt-verify', 'express-oauth2-jwt-bearer'];
