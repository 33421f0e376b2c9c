interface Route {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** The routes the server knows, collected as they are added, to tell a wrong method from an unknown path. */
export class RouteTable {
  private readonly routes = new Map<string, Route>();

  /** Notes a route; `:name` in its path stands for one segment, `*` for any rest. */
  add(path: string, methods: string | readonly string[]): void {
    const route = this.routes.get(path) ?? { pattern: patternOf(path), methods: new Set() };
    this.routes.set(path, route);
    for (const method of [methods].flat()) route.methods.add(method);
  }

  /** The methods a path knows, sorted, as `Allow` lists them (RFC 9110 §10.2.1); '' for an unknown path. */
  allowedAt(path: string): string {
    const methods = [...this.routes.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap((route) => [...route.methods]);
    return [...new Set(methods)].sort().join(', ');
  }
}

function patternOf(path: string): RegExp {
  const source = path
    .split('/')
    .map((segment) =>
      segment.startsWith(':') ? '[^/]+' : segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace('*', '.*'),
    )
    .join('/');
  return new RegExp(`^${source}$`);
}
