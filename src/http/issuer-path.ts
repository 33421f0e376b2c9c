const METADATA = '/.well-known/oauth-authorization-server';

/**
 * Finds the metadata of an issuer with a path, which RFC 8414 §3.1 puts behind the well-known part: such a request is
 * routed as if the path were not there. Any other stays as it is.
 */
export function withoutIssuerPath(publicUrl: string): (url: string) => string {
  const { pathname } = new URL(publicUrl);
  const behind = pathname === '/' ? undefined : METADATA + pathname;
  return (url) => {
    if (behind === undefined || !url.startsWith(behind)) return url;
    const rest = url.slice(behind.length);
    return rest === '' || rest.startsWith('?') ? METADATA + rest : url;
  };
}
