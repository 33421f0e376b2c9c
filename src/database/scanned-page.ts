/** Rows that one page reads at most, counting those that do not match. */
const EXAMINED_LIMIT = 5000;

/** Rows that one statement reads after the first. */
const BATCH = 500;

/** A row that was read for a page. */
export interface Scanned<Entry, Place> {
  /** Where the list goes on behind the row. */
  readonly place: Place;
  /** Entry of the page, or `undefined` if the row does not match. */
  readonly entry: Entry | undefined;
}

/** Fills a page of a list from rows that may not match. A page that read too many rows is short, and another follows it. */
export class ScannedPage<Entry, Place> {
  readonly entries: Entry[] = [];
  /** The place behind which the next page begins, if there is one. */
  next: Place | undefined;
  private examined = 0;

  /** @param place behind which the page begins */
  constructor(
    private readonly room: number,
    public place: Place,
  ) {}

  /** Answers false, and notes where the next page begins, for a row that the page has no room for. */
  take({ place, entry }: Scanned<Entry, Place>): boolean {
    if (++this.examined > EXAMINED_LIMIT || (entry !== undefined && this.entries.length === this.room)) {
      this.next = this.place;
      return false;
    }
    if (entry !== undefined) this.entries.push(entry);
    this.place = place;
    return true;
  }

  /** Takes rows from behind its place, some at a time, until it is full or there are no more. */
  async fill(read: (limit: number, after: Place) => Promise<readonly Scanned<Entry, Place>[]>): Promise<this> {
    for (let limit = this.room + 1; ; limit = BATCH) {
      const rows = await read(limit, this.place);
      if (!rows.every((row) => this.take(row)) || rows.length < limit) return this;
    }
  }
}
