const METADATA = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

/**
 * Finds the metadata of an issuer with a path, which RFC 8414 §3.1 puts behind the well-known part and OpenID Connect
 * Discovery §4 before it: answers where such a request is routed, and `undefined` for any other.
 */
export function withoutIssuerPath(publicUrl: string): (url: string) => string | undefined {
  const { pathname } = new URL(publicUrl);
  const behindIssuer = METADATA.flatMap((place) =>
    [place + pathname, pathname + place].map((at) => [at, place] as const),
  );
  const places = new Map(pathname === '/' ? [] : behindIssuer);
  return (url) => {
    if (places.size === 0) return undefined;
    const [path = '', ...query] = url.split('?');
    const place = places.get(path);
    return place && [place, ...query].join('?');
  };
}
