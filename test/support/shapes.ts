import { expect } from 'vitest';
import type { Sending } from './http.js';

/** What a contract answers to what is wrong with a request before anything of the contract's own is looked at. */
export interface Shape {
  readonly name: string;
  /** A POST route that signs in by a name; what it is sent must reach the store. */
  readonly signIn: { readonly path: string } & Sending;
  /** A POST route that reads a JSON body before anything else, with a text field of its body. */
  readonly posts: { readonly path: string; readonly field: string };
  /** Unknown paths whose prefix says that they are this contract's, at the bare path. */
  readonly unknown: readonly string[];
  readonly errors: Record<
    | 'notFound'
    | 'malformed'
    | 'wrongType'
    | 'missing'
    | 'badPath'
    | 'tooLarge'
    | 'compressed'
    | 'internal'
    | 'unavailable',
    { status: number; body: unknown }
  >;
  /** What a GET of the route that signs in is answered. */
  readonly notAllowed: unknown;
}

/** A password that every contract accepts. */
export const password = 'Secret1234';
const JSON_BODY = { username: 'nobody', password };

/** The contracts. */
export const SHAPES: Shape[] = [
  {
    name: 'bare-token',
    signIn: { path: '/auth/login', body: JSON_BODY },
    posts: { path: '/auth/login', field: 'username' },
    unknown: ['/auth/nothing', '/auth', '/auth/', '/auth/login/', '/auth//login', '/auth/register/'],
    notAllowed: { err: 'method not allowed' },
    errors: {
      notFound: { status: 404, body: { err: 'not found' } },
      malformed: { status: 400, body: { err: 'invalid request body' } },
      wrongType: { status: 400, body: { err: 'invalid request body' } },
      missing: { status: 400, body: { err: 'missing required field: "username"' } },
      badPath: { status: 400, body: { err: 'malformed request' } },
      tooLarge: { status: 413, body: { err: 'request body too large' } },
      compressed: { status: 415, body: { err: 'unsupported media type' } },
      internal: { status: 500, body: { err: 'internal server error' } },
      unavailable: { status: 503, body: { err: 'service unavailable' } },
    },
  },
  {
    name: 'token-pair',
    signIn: { path: '/auth/token', body: JSON_BODY },
    posts: { path: '/auth/token', field: 'username' },
    unknown: ['/auth/token/nothing', '/auth/token/', '/auth/tokens', '/auth/getuser/', '/auth/getuser/nothing'],
    notAllowed: { detail: 'Method "GET" not allowed.' },
    errors: {
      notFound: { status: 404, body: { detail: 'Not found.' } },
      malformed: { status: 400, body: { detail: expect.stringMatching(/^JSON parse error - ./) } },
      wrongType: { status: 400, body: { username: ['Not a valid string.'] } },
      missing: {
        status: 400,
        body: { username: ['this field is required'], password: ['this field is required'] },
      },
      badPath: { status: 400, body: { detail: 'Malformed request.' } },
      tooLarge: { status: 413, body: { detail: 'Request body exceeded the limit of 100000 bytes.' } },
      compressed: { status: 415, body: { detail: 'Unsupported media type "gzip" in request.' } },
      internal: { status: 500, body: { detail: 'A server error occurred.' } },
      unavailable: { status: 503, body: { detail: 'Service temporarily unavailable, try again later.' } },
    },
  },
  {
    name: 'cookie',
    signIn: { path: '/users/login', body: { username: 'nobody', password1: password } },
    posts: { path: '/users/login', field: 'username' },
    unknown: ['/users/nothing', '/users', '/users/', '/protected/nothing', '/protected', '/protected/me/'],
    notAllowed: { message: 'method not allowed' },
    errors: {
      notFound: { status: 404, body: { message: 'not found' } },
      malformed: { status: 400, body: { message: "can't unmarshal the payload" } },
      wrongType: { status: 400, body: { message: "can't unmarshal the payload" } },
      missing: { status: 404, body: { message: 'user not found' } },
      badPath: { status: 400, body: { message: 'malformed request' } },
      tooLarge: { status: 413, body: { message: 'payload too large' } },
      compressed: { status: 415, body: { message: 'unsupported media type' } },
      internal: { status: 500, body: { message: 'internal server error' } },
      unavailable: { status: 503, body: { message: 'service unavailable' } },
    },
  },
  {
    name: 'opaque-token',
    signIn: { path: '/login', body: JSON_BODY },
    posts: { path: '/login', field: 'username' },
    unknown: ['/login/nothing', '/login/', '/register/me', '/health/', '/clear-tokens//'],
    notAllowed: { reason: 'Method Not Allowed' },
    errors: {
      notFound: { status: 404, body: { reason: 'Not Found' } },
      malformed: { status: 400, body: { reason: 'Invalid JSON payload' } },
      wrongType: { status: 400, body: { reason: 'Invalid JSON payload' } },
      missing: { status: 400, body: { reason: 'Invalid JSON payload' } },
      badPath: { status: 400, body: { reason: 'Bad Request' } },
      tooLarge: { status: 413, body: { reason: 'Payload Too Large' } },
      compressed: { status: 415, body: { reason: 'Unsupported Media Type' } },
      internal: { status: 500, body: { reason: 'Internal Server Error' } },
      unavailable: { status: 503, body: { reason: 'Service Unavailable' } },
    },
  },
  {
    name: 'basic',
    signIn: {
      path: '/api/v1.0/login',
      headers: { authorization: `Basic ${Buffer.from(`nobody@example.com:${password}`).toString('base64')}` },
    },
    posts: { path: '/api/v1.0/register', field: 'email' },
    unknown: ['/api/v1.0/nothing', '/api', '/api/v1.0', '/api/v1.0/', '/api/v1.0/login/', '/api/v2.0/login'],
    notAllowed: { error: 'Method not allowed', statusCode: 405 },
    errors: {
      notFound: { status: 404, body: { error: 'Not found', statusCode: 404 } },
      malformed: { status: 400, body: { error: 'Bad request', statusCode: 400 } },
      wrongType: { status: 400, body: { error: 'Bad request', statusCode: 400 } },
      missing: { status: 400, body: { error: 'Bad request', statusCode: 400 } },
      badPath: { status: 400, body: { error: 'Bad request', statusCode: 400 } },
      tooLarge: { status: 413, body: { error: 'Request body too large', statusCode: 413 } },
      compressed: { status: 415, body: { error: 'Unsupported media type', statusCode: 415 } },
      internal: { status: 500, body: { error: 'Internal server error', statusCode: 500 } },
      unavailable: { status: 503, body: { error: 'Service unavailable', statusCode: 503 } },
    },
  },
];

/** Every contract at its base path and at the bare path. */
export const DOORS = SHAPES.flatMap((shape) => [
  { shape, mount: `/${shape.name}`, at: `/${shape.name}` },
  { shape, mount: '', at: `the bare paths of ${shape.name}` },
]);

/** The headers of every answer that is no page. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
};
/** The media types of answers. */
export const JSON_TYPE = 'application/json; charset=utf-8';
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Problem details (RFC 9457). */
export const problem = (status: number, code: string, title: string): object => ({
  type: 'about:blank',
  title,
  status,
  code,
});
export const NOT_FOUND = problem(404, 'route_unknown', 'There is no such route.');
export const MALFORMED = problem(400, 'request_malformed', 'The request is malformed.');
