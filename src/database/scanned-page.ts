/** Rows that one page looks at, where those that are not meant are passed over. */
const EXAMINED_LIMIT = 5000;

/** Rows that one statement reads after the first. */
const BATCH = 500;

/** What a row means for a page. */
export interface Scanned<Entry, Place> {
  /** Where the list goes on behind the row. */
  readonly place: Place;
  /** The entry of the page; missing where the row is not meant. */
  readonly entry: Entry | undefined;
}

/** A page of a list that is filled from rows of which not all are meant. It may be short although there is another. */
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
