import type { IncomingMessage, RequestListener } from 'node:http';
import type { Config } from '../config/env.js';
import { isFormType } from '../contract-kit/body.js';
import type { Contract } from '../contract-kit/contract.js';
import type { Contracts } from '../contract-kit/contracts.js';
import { mediaTypeOf } from '../contract-kit/media-types.js';
import type { RouteTable } from '../contract-kit/route-table.js';

/** The one bare path that two contracts claim. */
const SHARED_PATH = '/auth/register';

/** The contracts that claim it: where JSON goes, and where forms go. */
const JSON_CONTRACT = 'bare-token';
const FORM_CONTRACT = 'token-pair';

const BRACE = '{'.charCodeAt(0);

/**
 * Where a request at a bare path is really routed: below its contract's base path, an unknown path below that of the contract
 * it is nearest to, in whose words it is refused. Any other path stays as it is.
 */
export function rewriteBarePath(
  contracts: Contracts,
  routes: RouteTable,
  config: Config,
): (request: IncomingMessage) => string {
  const contractOf = (path: string): Contract | undefined => {
    const claiming = contracts.ofBarePath(path);
    if (claiming) return claiming;
    const nearest = contracts.nearestTo(path);
    // Not of a native route, which may begin as a contract's does.
    return nearest && routes.allowedAt(path) === '' ? nearest : undefined;
  };
  return (request) => {
    const url = request.url ?? '/';
    const contract = isSharedRegistration(request) ? sharedContract(request, config) : contractOf(pathOf(url))?.name;
    return contract === undefined ? url : `/${contract}${url}`;
  };
}

/** Whether a request registers at the bare path that two contracts claim. */
export function isSharedRegistration({ method, url = '/' }: Pick<IncomingMessage, 'method' | 'url'>): boolean {
  return method === 'POST' && pathOf(url) === SHARED_PATH;
}

/** Whether the header `Auth-Contract` names a contract that has no shared registration. */
export function namesUnknownContract({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const named = headers['auth-contract'];
  return named !== undefined && named !== JSON_CONTRACT && named !== FORM_CONTRACT;
}

/** The header decides, else the configuration, else the media type as the two documents write their requests. */
function sharedContract(request: IncomingMessage, config: Config): string {
  if (namesUnknownContract(request)) return JSON_CONTRACT;
  const named = request.headers['auth-contract'] as string | undefined;
  return named ?? (config.REGISTER_CONTRACT || (isFormType(mediaTypeOf(request)) ? FORM_CONTRACT : JSON_CONTRACT));
}

/**
 * Holds a shared registration that is labelled urlencoded back until its body begins: if that is with `{`, it is JSON
 * from a careless client (`curl -d`), and the request is marked for the JSON contract before it is routed.
 */
export function peekAtSharedRegistrations(route: RequestListener, config: Config): RequestListener {
  return (request, response) => {
    if (!needsPeek(request, config)) return route(request, response);
    request.once('readable', () => {
      const chunk = request.read() as Buffer | null;
      if (chunk) request.unshift(chunk);
      if (chunk?.[0] === BRACE) request.headers['auth-contract'] = JSON_CONTRACT;
      route(request, response);
    });
  };
}

function needsPeek(request: IncomingMessage, config: Config): boolean {
  const { headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return (
    hasBody &&
    isSharedRegistration(request) &&
    headers['auth-contract'] === undefined &&
    config.REGISTER_CONTRACT === '' &&
    /^application\/x-www-form-urlencoded/i.test(headers['content-type'] ?? '')
  );
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
