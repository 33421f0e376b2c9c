/** Due time of a notice: that of the others of its group, or now. */
export const WHEN_COLLECTED = 'COALESCE((SELECT MAX(next_try_at) FROM mails WHERE group_key = :groupKey), {now})';

/** Due time of a mail that waits for others of its group: that of those that wait already, or so many seconds from now. */
export const whenWaited = (seconds: number): string =>
  `COALESCE((SELECT MIN(next_try_at) FROM mails WHERE group_key = :groupKey AND tries = 0), {now+${seconds}})`;

/**
 * A mail of a group is due if it is the first of its group and none of the group is put off. A mail that is being sent is
 * put off: it takes the others with it.
 */
export const IS_DUE = `mails.next_try_at <= {now} AND NOT EXISTS (SELECT 1 FROM mails AS other
  WHERE other.group_key = mails.group_key AND other.id <> mails.id
    AND (other.id < mails.id OR other.next_try_at > {now}))`;
