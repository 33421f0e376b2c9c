import { send } from '../http.js';
import type { RouteBook } from './route-book.js';

/** What every route answers to nobody who says nothing, if that is a refusal: it depends on nothing that requests change. */
export async function plainRefusals(url: string, book: RouteBook): Promise<Record<string, string>> {
  const refusals: Record<string, string> = {};
  for (const { method, places } of book.operations) {
    for (const place of places) {
      const { status, text } = await send(method, url + place.replaceAll(/\{\w+\}/g, 'nothing'), { body: {} });
      if (status >= 400) refusals[`${method} ${place}`] = `${status} ${text}`;
    }
  }
  return refusals;
}
