/** A task that waits for its turn. */
export interface Waiting {
  /** Who asks, from the widest group to the narrowest: the site, its networks, the address, the session. All as long. */
  readonly caller: readonly string[];
  /** True if the account that it is about knows the network that it comes from. */
  readonly isKnown: boolean;
}

/** The tasks of a group of callers, whose members take turns. */
class Turns<Task extends Waiting> {
  /** In the order of their turns. One without tasks is removed. */
  readonly members = new Map<string, Turns<Task>>();
  readonly tasks: Task[] = [];
  size = 0;

  constructor(private readonly level: number) {}

  add(task: Task): void {
    this.size++;
    const name = task.caller[this.level];
    if (name === undefined) return void this.tasks.push(task);
    const member = this.members.get(name) ?? new Turns<Task>(this.level + 1);
    this.members.set(name, member);
    member.add(task);
  }

  remove(task: Task): void {
    this.size--;
    const name = task.caller[this.level];
    if (name === undefined) return void this.tasks.splice(this.tasks.indexOf(task), 1);
    const member = this.members.get(name)!;
    member.remove(task);
    if (member.size === 0) this.members.delete(name);
  }

  /** The task whose turn it is. Its member is the last in line then. */
  next(): Task | undefined {
    const [first] = this.members;
    if (!first) return this.tasks[0];
    const [name, member] = first;
    this.members.delete(name);
    this.members.set(name, member);
    return member.next();
  }

  /** The newest task of the member with most, of its member with most, and so on. */
  newestOfMost(): Task | undefined {
    let most: Turns<Task> | undefined;
    for (const member of this.members.values()) if (member.size > (most?.size ?? 0)) most = member;
    return most ? most.newestOfMost() : this.tasks.at(-1);
  }
}

/**
 * Tasks in turn by who asks: one site after the other, within a site one network after the other, and so on down to the
 * session. However many tasks a caller adds, another caller waits for one of them.
 */
export class FairQueue<Task extends Waiting> {
  private readonly turns = new Turns<Task>(0);
  /** In order of arrival. */
  private readonly waiting = new Set<Task>();

  /** @param limit tasks that may wait */
  constructor(private readonly limit: number) {}

  get size(): number {
    return this.waiting.size;
  }

  /**
   * Adds a task. Answers the one that has no room now, if any: the newest of the site with most. If no site has two, it is
   * the newest from a network that its account does not know.
   */
  add(task: Task): Task | undefined {
    this.waiting.add(task);
    this.turns.add(task);
    if (this.size <= this.limit) return undefined;
    const dropped = this.hasOneForEachSite() ? this.newestUnknown() : this.turns.newestOfMost();
    this.remove(dropped ?? task);
    return dropped ?? task;
  }

  /** Takes the task whose turn it is. If no site has two, networks that are known to the account come first. */
  take(): Task | undefined {
    const known = this.hasOneForEachSite() ? this.firstKnown() : undefined;
    const task = known ?? this.turns.next();
    if (task) this.remove(task);
    return task;
  }

  /** Removes a task, if it waits. */
  remove(task: Task): void {
    if (this.waiting.delete(task)) this.turns.remove(task);
  }

  private hasOneForEachSite(): boolean {
    return this.turns.members.size === this.size;
  }

  private firstKnown(): Task | undefined {
    for (const task of this.waiting) if (task.isKnown) return task;
    return undefined;
  }

  private newestUnknown(): Task | undefined {
    return [...this.waiting].findLast(({ isKnown }) => !isKnown);
  }
}
