import { createRequire } from 'node:module';
import type * as Library from 'lru-cache';

const { LRUCache: Cache } = createRequire(import.meta.url)('lru-cache') as typeof Library;

/** The most entries that a cache of a test's service holds. The library makes room for all of them at each start. */
const MOST = 1000;

/** Replaces the library's class in the services of tests. */
export class LRUCache<K extends {}, V extends {}> extends Cache<K, V> {
  constructor(options: Library.LRUCache.OptionsMaxLimit<K, V, unknown>) {
    super({ ...options, max: Math.min(options.max, MOST) });
  }
}
